//! The worked example with small programs in it, and a sandbox beside it.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_pipelines::Node;
use azure_sandbox::run::{Options, Report, run};
use azure_sandbox::{processes, tools};
use mlops_gen::compose::compose;
use mlops_gen::render::{Overrides, Renderer};
use mlops_gen::tree::RenderedTree;
use pipeline_runner::{Cancel, Value};
use tempfile::TempDir;

/// The key of the scoring services.
pub const KEY: &str = "a-key-of-the-sandbox";

/// What `rustup` and `cargo` do here: they say what they are asked, and leave the files that tests leave.
const CARGO: &str = r#"#!/bin/bash
echo "$(basename "$0") $*"
case "$*" in
  *"nextest --version"*|*"llvm-cov --version"*) exit 1 ;;
  *"--package diabetes "*"--bin "*) echo 'error: no bin target in `diabetes` package' >&2; exit 101 ;;
  "llvm-cov nextest"*)
    mkdir -p target/nextest/ci
    echo '<testsuite><testcase classname="unit" name="a"/></testsuite>' >target/nextest/ci/junit.xml
    while [[ $# -gt 0 ]]; do [[ $1 == --output-path ]] && echo '<coverage lines-covered="9" lines-valid="10"/>' >"$2"; shift; done
    ;;
  *"--bin data-test"*)
    while [[ $1 != -- ]]; do shift; done
    if [[ -x "$(dirname "$0")/data-test" ]]; then exec "$(dirname "$0")/data-test" "${@:2}"; fi
    while [[ $# -gt 0 ]]; do [[ $1 == --junit ]] && echo '<testsuite><testcase name="columns"/></testsuite>' >"$2"; shift; done
    ;;
esac
"#;

/// A training image whose programs are scripts.
const DOCKERFILE: &str = include_str!("programs/training.dockerfile");

/// A scoring image whose server is a script.
const SCORING: &str = include_str!("programs/scoring.dockerfile");

/// What components call: a step each of the training, in a few lines. They are used by the soaks of `tests/conformance` too.
pub const PROGRAMS: [(&str, &str); 5] = [
    // the server: ready at once, and as good as `ANSWER`, `PAUSE` and `FAILS` in it say
    ("score", include_str!("programs/score")),
    ("data-test", include_str!("programs/data-test")),
    ("train", include_str!("programs/train")),
    ("evaluate", include_str!("programs/evaluate")),
    ("register", include_str!("programs/register")),
];

pub struct Project {
    pub root: PathBuf,
    pub sandbox: PathBuf,
    fakes: PathBuf,
    pub lines: Mutex<Vec<String>>,
    /// Ids of subscription and tenant.
    pub ids: [&'static str; 2],
    /// How long a minute of time limits lasts.
    pub minute: Duration,
    /// Client ids of the identities behind service connections, where role assignments decide.
    pub clients: BTreeMap<String, String>,
    _folder: TempDir,
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = processes::end_all(&self.sandbox);
    }
}

/// What the tool renders from a spec, but for the sources and images that small programs stand in for.
fn rendered(spec: &str, root: &Path) {
    // all tests have the same one
    static TREES: Mutex<BTreeMap<String, Arc<RenderedTree>>> = Mutex::new(BTreeMap::new());
    let tree = TREES
        .lock()
        .unwrap()
        .entry(spec.to_owned())
        .or_insert_with(|| {
            let project = mlops_gen::load("mlops.yaml", spec).unwrap();
            let renderer = Renderer::new(&Overrides::new()).unwrap();
            Arc::new(compose(&project, &renderer).unwrap())
        })
        .clone();
    fs::create_dir_all(root).unwrap();
    fs::write(root.join("mlops.yaml"), spec).unwrap();
    for (path, file) in tree.iter() {
        let name = path.as_str();
        if ["docker/", "model/", "diabetes/"].iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let target = root.join(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(&target, &file.bytes).unwrap();
    }
}

fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The worked example's spec; the servers here are scripts, which speak no TLS.
pub fn spec() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../out/mlops.yaml");
    let spec = fs::read_to_string(path).unwrap();
    spec.replacen("\nscoring:\n", "\nscoring:\n  transport: clear-text\n", 1)
}

impl Project {
    pub fn new() -> Self {
        Self::of(&spec())
    }

    pub fn of(spec: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("project");
        rendered(spec, &root);
        // nobody waits for the pauses between two looks
        program(&folder.path().join("fakes/sleep"), "#!/bin/bash\nexec /bin/sleep 0.1\n");
        for name in ["rustup", "cargo"] {
            program(&folder.path().join("fakes").join(name), CARGO);
        }
        // tools of the versions that are asked for: nothing is downloaded
        for (name, version) in [("cargo-nextest", "0.9.128"), ("cargo-llvm-cov", "0.9.1")] {
            program(&folder.path().join("fakes").join(name), &format!("#!/bin/bash\necho '{name} {version}'\n"));
        }
        for (name, text) in PROGRAMS {
            program(&root.join("model/programs").join(name), text);
        }
        fs::create_dir_all(root.join("docker/training")).unwrap();
        fs::write(root.join("docker/training/Dockerfile"), DOCKERFILE).unwrap();
        fs::create_dir_all(root.join("docker/scoring")).unwrap();
        fs::write(root.join("docker/scoring/Dockerfile"), SCORING).unwrap();
        let sandbox = folder.path().join("sandbox");
        let own = [env!("CARGO_BIN_EXE_azure-sandbox").to_owned()];
        tools::install(&sandbox, &own).unwrap();
        Self {
            root,
            sandbox,
            fakes: folder.path().join("fakes"),
            lines: Mutex::default(),
            ids: ["s-1", "t-1"],
            minute: Duration::from_secs(60),
            clients: BTreeMap::new(),
            _folder: folder,
        }
    }

    /// What steps start from, and where they find stand-ins and small programs.
    pub fn machine(&self) -> (Vec<(String, String)>, Vec<PathBuf>) {
        let own = |name: &str| (name.to_owned(), std::env::var(name).unwrap_or_default());
        (["PATH", "HOME"].map(own).into(), vec![self.sandbox.join("bin"), self.fakes.clone()])
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Changes a text of a file, which must be there.
    pub fn change(&self, name: &str, from: &str, to: &str) {
        let path = self.root.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Runs of several tests go at once: each forwards ports that no other test is given.
    pub fn forward_ports_of_its_own(&self) {
        for (script, port) in
            [("smoke-kubernetes.sh", "18080"), ("bake-kubernetes.sh", "18081"), ("bake-kubernetes.sh", "18082")]
        {
            self.change(&format!("pipelines/scripts/{script}"), port, &own_port().to_string());
        }
    }

    /// From now on data is tested by the program itself, as it is built beside these tests.
    pub fn really_test_data(&self) {
        let program = Path::new(env!("CARGO_BIN_EXE_azure-sandbox")).with_file_name("data-test");
        fs::copy(&program, self.fakes.join("data-test"))
            .unwrap_or_else(|error| panic!("{}: {error}: build the whole workspace", program.display()));
    }

    pub fn run(&self, pipeline: &str, parameters: &[(&str, &str)]) -> Report {
        self.run_until(pipeline, parameters, None)
    }

    /// A run that is asked to end at the first line that contains a text.
    pub fn run_until(&self, pipeline: &str, parameters: &[(&str, &str)], until: Option<&str>) -> Report {
        let mut options = Options::new(&self.root, pipeline, &self.sandbox);
        (options.environment, options.tools) = self.machine();
        options.minute = self.minute;
        let plain = |name: &str, value: &str| (name.to_owned(), Value::plain(value));
        let ids = vec![plain("AZURE_SUBSCRIPTION_ID", self.ids[0]), plain("AZURE_TENANT_ID", self.ids[1])];
        let token = vec![("data-provider-token".to_owned(), Value::secret(["planted", "token"].join("-")))];
        options.groups = BTreeMap::from([
            ("diabetes-ids".to_owned(), ids),
            ("diabetes-training".to_owned(), token),
            ("diabetes-settings".to_owned(), Vec::new()),
            ("diabetes-qa-secrets".to_owned(), vec![("scoring-key".to_owned(), Value::secret(KEY))]),
            ("diabetes-production-secrets".to_owned(), vec![("scoring-key".to_owned(), Value::secret(KEY))]),
        ]);
        options.connections = ["diabetes-platform", "diabetes-qa", "diabetes-production"]
            .map(|name| {
                let client = self.clients.get(name).map(|id| ("AZURESUBSCRIPTION_CLIENT_ID".to_owned(), id.clone()));
                (name.to_owned(), [("CONNECTION".to_owned(), name.to_owned())].into_iter().chain(client).collect())
            })
            .into();
        options.parameters = parameters.iter().map(|(name, value)| (Node::given(name), Node::given(value))).collect();
        self.lines.lock().unwrap().clear();
        let cancel = Cancel::default();
        let asking = cancel.clone();
        let sink = |line: &str| {
            self.lines.lock().unwrap().push(line.to_owned());
            if until.is_some_and(|text| line.contains(text)) {
                asking.ask();
            }
        };
        run(&options, &sink, &cancel).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Carries out one rendered script, its arguments behind its name, as a step does that a service connection signs in: its exit
    /// code, and what it has said.
    pub fn script(&self, name: &str, connection: &str, variables: &[(&str, &str)]) -> (i32, String) {
        let (environment, tools) = self.machine();
        let path = |(name, value): &(String, String)| match name.as_str() {
            "PATH" => {
                let own = tools.iter().map(|folder| folder.display().to_string());
                (name.clone(), own.chain([value.clone()]).collect::<Vec<_>>().join(":"))
            }
            _ => (name.clone(), value.clone()),
        };
        let words = format!("pipelines/scripts/{name}");
        let mut command = Command::new("bash");
        command.args(words.split_whitespace()).current_dir(&self.root).env_clear();
        command.envs(environment.iter().map(path)).envs(variables.iter().copied());
        command.envs([("AZURE_SUBSCRIPTION_ID", self.ids[0]), ("AZURE_TENANT_ID", self.ids[1])]);
        command.envs(self.clients.get(connection).map(|client| ("AZURESUBSCRIPTION_CLIENT_ID", client)));
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }

    /// The lines of the run, and behind them what the jobs of Azure ML have said.
    pub fn log(&self) -> String {
        let mut all = self.lines.lock().unwrap().join("\n");
        for job in fs::read_dir(self.sandbox.join("azure/jobs")).into_iter().flatten().flatten() {
            all.push_str(&format!("\njob {}:\n", job.file_name().display()));
            all.push_str(&fs::read_to_string(job.path().join("job.log")).unwrap_or_default());
        }
        all
    }

    /// A command of the sandbox's az.
    pub fn az(&self, words: &str) -> String {
        let words: Vec<String> = std::iter::once("az").chain(words.split_whitespace()).map(str::to_owned).collect();
        let said = tools::main(&self.sandbox, &self.root, &words);
        assert_eq!(said.code, 0, "{said:?}");
        said.out.trim().to_owned()
    }
}

/// A port that nobody else has, now and until it is listened on: below those that the system hands out by itself (32768 and
/// up on Linux), and given once in a process.
fn own_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let nth = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(20_000 + (std::process::id() * 64 + nth) % 12_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
