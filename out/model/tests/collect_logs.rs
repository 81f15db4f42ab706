//! From the server's logs to a training table.

mod support;

use std::path::{Path, PathBuf};

use mlops_model::collect::{CollectError, Job, Summary, run};
use support::{Running, plane};

const CONTRACT: &str = r#"{"version":1,"target":"y","columns":[
    {"name":"a","type":"number","min":-100,"max":100},{"name":"y","type":"number"},{"name":"b","type":"number"}],
    "holdout":{"fraction":0.2,"seed":0},"distribution":{}}"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("contract.json", CONTRACT);
        std::fs::create_dir_all(folder.path("logs/scoring")).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn job(&self) -> Job {
        Job {
            source: self.path("logs").to_str().unwrap().to_owned(),
            prefix: "scoring".into(),
            outcomes: self.path("outcomes.csv").exists().then(|| self.path("outcomes.csv")),
            contract: self.path("contract.json"),
            state: self.path("state.jsonl"),
            output: self.path("table.csv"),
        }
    }

    async fn run(&self) -> Summary {
        run(&self.job()).await.unwrap()
    }
}

fn line(id: &str, first_row: u64, columns: &str, data: &str) -> String {
    format!(
        "{{\"schema\":1,\"time\":\"2026-11-22T08:00:00.000000Z\",\"request_id\":\"{id}\",\"trace_id\":\"t\",\"model\":\"m\",\
         \"first_row\":{first_row},\"columns\":{columns},\"data\":{data},\"result\":[]}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_logged_becomes_the_table_once_outcomes_are_known() {
    let folder = Folder::new();
    let url = url::Url::from_file_path(folder.path("logs")).unwrap().to_string();
    let server = Running::start(&plane(), &["--log-container-url", &url], &[]).await;
    server.post_with("x-request-id: r1\r\n", r#"{"data":[[1,2],[0.1,-1e-7]]}"#).await;
    server.post_with("x-request-id: r2\r\n", r#"{"data":[[3,4]]}"#).await;
    server.server.stop().await;
    let first = folder.run().await;
    assert_eq!((first.rows_read, first.rows_waiting, first.rows_written), (3, 3, 0));
    assert_eq!(folder.text("table.csv"), "a,y,b\n");
    folder.write("outcomes.csv", "y,request_id,row\n10,r1,1\n20.5,r2,0\n1,unknown,0\n");
    let second = folder.run().await;
    assert_eq!((second.logs_read, second.outcomes_joined, second.outcomes_unmatched), (0, 2, 1));
    assert_eq!((second.rows_waiting, second.rows_written), (1, 2));
    assert_eq!(folder.text("table.csv"), "a,y,b\n0.1,10.0,-1e-7\n3.0,20.5,4.0\n");
    // A later file need not repeat the earlier outcomes, and may correct one.
    folder.write("outcomes.csv", "request_id,y,row\nr1,9,0\nr2,21,0\n");
    folder.run().await;
    assert_eq!(folder.text("table.csv"), "a,y,b\n1.0,9.0,2.0\n0.1,10.0,-1e-7\n3.0,21.0,4.0\n");
}

#[tokio::test]
async fn growing_logs_are_read_on_from_where_the_last_run_stopped() {
    let folder = Folder::new();
    let log = "logs/scoring/a.jsonl";
    let (one, two) = (line("r1", 0, r#"["a","b"]"#, "[[1,2]]"), line("r2", 0, r#"["b","a"]"#, "[[2,1]]"));
    folder.write(log, &format!("{one}{}", &two[..30]));
    folder.write("outcomes.csv", "request_id,y\nr1,1\nr2,2\n");
    let first = folder.run().await;
    assert_eq!((first.rows_read, first.malformed_lines, first.rows_written), (1, 0, 1));
    folder.write(log, &format!("{one}{two}"));
    let second = folder.run().await;
    assert_eq!((second.rows_read, second.rows_written), (1, 2));
    assert_eq!(folder.text("table.csv"), "a,y,b\n1.0,1.0,2.0\n1.0,2.0,2.0\n");
    let (state, table) = (folder.text("state.jsonl"), folder.text("table.csv"));
    let third = folder.run().await;
    assert_eq!((third.logs_read, third.rows_written), (0, 2));
    assert_eq!(
        (folder.text("state.jsonl"), folder.text("table.csv")),
        (state, table),
        "a run without news changed something"
    );
}

#[tokio::test]
async fn a_run_that_was_cut_off_after_its_state_is_completed_by_the_next() {
    let folder = Folder::new();
    folder.write("logs/scoring/a.jsonl", &line("r1", 0, r#"["a","b"]"#, "[[1,2]]"));
    folder.write("outcomes.csv", "request_id,y\nr1,1\n");
    folder.run().await;
    std::fs::remove_file(folder.path("table.csv")).unwrap();
    assert_eq!(folder.run().await.rows_written, 1);
    assert_eq!(folder.text("table.csv"), "a,y,b\n1.0,1.0,2.0\n");
}

#[tokio::test]
async fn repeated_rows_are_taken_once_and_contradictions_are_counted() {
    let folder = Folder::new();
    let columns = r#"["a","b"]"#;
    let log =
        [line("r1", 0, columns, "[[1,2],[3,4]]"), line("r1", 0, columns, "[[1,2]]"), line("r1", 1, columns, "[[3,5]]")];
    folder.write("logs/scoring/a.jsonl", &log.concat());
    folder.write("outcomes.csv", "request_id,row,y\nr1,0,1\nr1,1,2\n");
    let summary = folder.run().await;
    assert_eq!((summary.duplicates, summary.conflicts, summary.rows_written), (1, 1, 2));
    assert_eq!(folder.text("table.csv"), "a,y,b\n1.0,1.0,2.0\n3.0,2.0,4.0\n");
}

#[tokio::test]
async fn rows_that_break_the_contract_and_lines_that_are_no_records_are_left_out_and_counted() {
    let folder = Folder::new();
    let log = [
        line("r1", 0, r#"["a","b"]"#, "[[1,2],[101,2]]"),
        line("r2", 0, r#"["a"]"#, "[[1]]"),
        line("r3", 0, r#"["a","b"]"#, "[[1]]"),
        "{\"schema\":2}\n".into(),
        "not JSON\n".into(),
    ];
    folder.write("logs/scoring/a.jsonl", &log.concat());
    let summary = folder.run().await;
    assert_eq!((summary.malformed_lines, summary.refused_rows, summary.rows_waiting), (3, 2, 1));
    assert_eq!(summary.first_refusal.as_deref(), Some("request r1, row 1: column \"a\" is 101, expected -100 to 100"));
}

#[tokio::test]
async fn a_parquet_table_has_the_same_numbers_and_outcomes_may_be_parquet_too() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let folder = Folder::new();
    folder.write("contract.json", &CONTRACT.replace("{\"name\":\"b\",", "{\"name\":\"b\",\"required\":false,"));
    let log = [line("r1", 0, r#"["a","b"]"#, "[[0.1,2]]"), line("r2", 0, r#"["a"]"#, "[[3]]")];
    folder.write("logs/scoring/a.jsonl", &log.concat());
    folder.write("outcomes.csv", "request_id,y\nr1,1.5\nr2,2.5\n");
    let mut job = folder.job();
    job.output = folder.path("table.parquet");
    assert_eq!(run(&job).await.unwrap().rows_written, 2);
    let file = std::fs::File::open(&job.output).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    assert_eq!(rows, ["{a: 0.1, y: 1.5, b: 2.0}", "{a: 3.0, y: 2.5, b: null}"]);
    folder.write("contract.json", &CONTRACT.replace("{\"name\":\"b\",", "{\"name\":\"b\",\"required\":false,"));
    job.output = folder.path("table.csv");
    run(&job).await.unwrap();
    assert_eq!(folder.text("table.csv"), "a,y,b\n0.1,1.5,2.0\n3.0,2.5,\n");
    // As outcomes, a table of another shape is refused with the column that is missing.
    job.outcomes = Some(folder.path("table.parquet"));
    let error = run(&job).await.unwrap_err().to_string();
    assert!(error.contains("no column \"request_id\""), "{error}");
}

#[tokio::test]
async fn every_kind_of_column_comes_as_training_reads_it() {
    let folder = Folder::new();
    let contract = r#"{"version":2,"target":"churned","csv":{"delimiter":";","decimal":",","encoding":"windows-1252"},
        "task":{"kind":"classification"},"columns":[{"name":"price","type":"number"},
        {"name":"plan","type":"category","levels":["größer; \"a\"","b"]},{"name":"active","type":"boolean","true":["ja"],"false":["nein"]},
        {"name":"signed","type":"datetime"},{"name":"city","type":"category","required":false,"unknown":"ignore"},
        {"name":"churned","type":"category"}]}"#;
    folder.write("contract.json", contract);
    let columns = r#"["price","plan","active","signed","city"]"#;
    let data = r#"[[1.5,"größer; \"a\"",1,1709206200.25,null],[-2,"b",false,0,"Ulm"],[1,"c",0,0,"Ulm"],[1,"b",0,0,""],[1,5,0,0,"x"],
        ["1","b",0,0,"x"],[1,"b",2,0,"x"],[9,"b",true,86400,"Bonn"]]"#;
    folder.write("logs/scoring/a.jsonl", &line("r", 0, columns, data).replace("\n        ", ""));
    folder.write("outcomes.csv", "request_id,row,churned\nr,0,yes\nr,1,no\n");
    let summary = folder.run().await;
    assert_eq!((summary.refused_rows, summary.rows_written, summary.rows_waiting), (5, 2, 1), "{summary:?}");
    let why = summary.first_refusal.unwrap();
    assert!(why.contains("column \"plan\" is \"c\", which is not one of its levels"), "{why}");
    let bytes = std::fs::read(folder.path("table.csv")).unwrap();
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    assert_eq!(
        text,
        "price;plan;active;signed;city;churned\n1,5;\"größer; \"\"a\"\"\";ja;2024-02-29T11:30:00.25Z;;yes\n-2,0;b;nein;1970-01-01T00:00:00Z;Ulm;no\n"
    );
    // Training reads what was written, and a second run writes the same.
    let contract = mlops_model::contract::DataContract::from_json(contract.as_bytes()).unwrap();
    let data = mlops_model::dataset::Dataset::open(&folder.path("table.csv")).unwrap();
    let read: Result<Vec<_>, _> = data.read_strictly(&contract, mlops_model::dataset::Share::WHOLE).collect();
    let batches = read.unwrap();
    assert_eq!((batches[0].rows, batches[0].columns[0][1], batches[0].columns[2][0]), (2, -2.0, 1.0));
    assert_eq!(batches[0].columns[3], [1_709_206_200.25, 0.0]);
    folder.run().await;
    assert_eq!(std::fs::read(folder.path("table.csv")).unwrap(), bytes);
    let mut job = folder.job();
    job.output = folder.path("table.parquet");
    let error = run(&job).await.unwrap_err().to_string();
    assert!(error.contains("\"plan\" is of type category") && error.contains("name the output .csv"), "{error}");
}

async fn error_of(folder: &Folder) -> String {
    let before = std::fs::read(folder.path("state.jsonl")).ok();
    let error: CollectError = run(&folder.job()).await.unwrap_err();
    assert_eq!(std::fs::read(folder.path("state.jsonl")).ok(), before, "the state changed although the run failed");
    error.to_string()
}

#[tokio::test]
async fn errors_name_their_place_and_leave_the_state_alone() {
    let folder = Folder::new();
    folder.write("logs/scoring/a.jsonl", &line("r1", 0, r#"["a","b"]"#, "[[1,2]]"));
    for (outcomes, expected) in [
        ("request_id,z\nr1,1\n", "no column \"y\""),
        ("y\n1\n", "no column \"request_id\""),
        ("request_id,y\nr1,1\nr1,x\n", "row 2: \"y\" is \"x\", expected a number"),
        ("request_id,y\nr1,NaN\n", "row 1: column \"y\" is not a finite number"),
        ("request_id,y,row\nr1,1,-1\n", "row 1: \"row\" is \"-1\""),
        ("request_id,y\n,1\n", "\"request_id\" is empty"),
        ("request_id,y\nr1\n", "cannot be read"),
    ] {
        folder.write("outcomes.csv", outcomes);
        let error = error_of(&folder).await;
        assert!(error.contains(expected), "{outcomes:?}: {error}");
    }
    std::fs::remove_file(folder.path("outcomes.csv")).unwrap();
    folder.run().await;
    let mut job = folder.job();
    job.prefix = "other".into();
    std::fs::create_dir_all(folder.path("logs/other")).unwrap();
    assert!(run(&job).await.unwrap_err().to_string().contains("belongs to"));
    job.output = "table.txt".into();
    assert!(run(&job).await.unwrap_err().to_string().contains("neither in .csv nor in .parquet"));
    folder.write("state.jsonl", "{\"version\":9,\"source\":\"\",\"columns\":[],\"offsets\":{}}\n");
    assert!(error_of(&folder).await.contains("line 1"));
    job = folder.job();
    job.source = "ftp://x/y?secret".into();
    let error = run(&job).await.unwrap_err().to_string();
    assert!(error.contains("ftp://x/y") && !error.contains("secret"), "{error}");
}

#[test]
fn the_binary_prints_its_summary_and_exits_1_when_nothing_is_usable() {
    let folder = Folder::new();
    let collect = |folder: &Folder| {
        let job = folder.job();
        std::process::Command::new(env!("CARGO_BIN_EXE_collect"))
            .args(["--source", &job.source])
            .args([Path::new("--contract"), &job.contract, Path::new("--state"), &job.state])
            .args([Path::new("--output"), &job.output])
            .output()
            .unwrap()
    };
    let empty = collect(&folder);
    assert_eq!(empty.status.code(), Some(0));
    folder.write("logs/scoring/a.jsonl", &line("r2", 0, r#"["a"]"#, "[[1]]"));
    let refused = collect(&folder);
    assert_eq!(refused.status.code(), Some(1));
    let summary: serde_json::Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(summary["refused_rows"], 1);
    std::fs::remove_file(folder.path("contract.json")).unwrap();
    let broken = collect(&folder);
    assert_eq!(broken.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&broken.stderr).starts_with("collect: "));
}
