//! Files as people have them, and what their specs say. Each is made here; the kinds are those of public collections.

use std::fmt::Write as _;

/// A file, the column to predict, what the spec must hold, and what must be said.
pub struct Case {
    /// The name of the file.
    pub file: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The column to predict.
    pub target: &'static str,
    /// Lines or pieces of lines of the spec.
    pub spec: &'static [&'static str],
    /// Pieces of what is said of the data.
    pub said: &'static [&'static str],
}

fn case(
    file: &'static str,
    bytes: impl Into<Vec<u8>>,
    target: &'static str,
    spec: &'static [&'static str],
    said: &'static [&'static str],
) -> Case {
    Case { file, bytes: bytes.into(), target, spec, said }
}

/// Rows of a file, made from their number.
fn rows(head: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for number in 0..count {
        writeln!(text, "{}", row(number)).unwrap();
    }
    text
}

/// A number that looks like no pattern: 0 to 99 (SplitMix64; Steele, Lea, Flood 2014).
fn some(number: usize, salt: usize) -> usize {
    let seed = (number as u64 * 1000 + salt as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) % 100) as usize
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

pub fn cases() -> Vec<Case> {
    let mut all = people();
    all.extend(things());
    all.extend(formats());
    all
}

/// Passengers, customers, incomes.
fn people() -> Vec<Case> {
    let titanic = rows("PassengerId,Survived,Pclass,Name,Sex,Age,Ticket,Fare,Cabin,Embarked\n", 240, |n| {
        let age = if some(n, 1) < 20 { String::new() } else { format!("{}", some(n, 2) % 70) };
        let cabin = if some(n, 3) < 77 { String::new() } else { format!("C{n}") };
        let sex = ["male", "female"][some(n, 4) % 2];
        let port = if n == 61 { "" } else { ["S", "C", "Q"][some(n, 5) % 3] };
        let survived = usize::from(some(n, 6) < 38);
        format!(
            "{},{survived},{},\"Doe, Mr. J. ({n})\",{sex},{age},A/5 {n},{}.25,{cabin},{port}",
            n + 1,
            some(n, 7) % 3 + 1,
            some(n, 8)
        )
    });
    let adult = rows("", 300, |n| {
        let work = ["Private", "State-gov", "?"][some(n, 1) % 3];
        let income = if some(n, 2) < 25 { ">50K" } else { "<=50K" };
        format!("{}, {work}, {}, Bachelors, {income}", 17 + some(n, 3) % 60, 77_000 + n * 13 + some(n, 4))
    });
    let churn = rows("customerID,gender,SeniorCitizen,Partner,tenure,MonthlyCharges,TotalCharges,Churn\n", 250, |n| {
        let yes = |salt| ["No", "Yes"][some(n, salt) % 2];
        let total = if n % 83 == 5 { " ".to_owned() } else { format!("{}.5", some(n, 1) * 20) };
        let churn = ["No", "Yes"][usize::from(some(n, 6) < 27)];
        format!(
            "{n:04}-VHVEG,{},{},{},{},{}.85,{total},{churn}",
            ["Male", "Female"][some(n, 2) % 2],
            some(n, 3) % 2,
            yes(4),
            some(n, 5) % 72,
            18 + some(n, 7)
        )
    });
    let fraud = rows("amount,hour,is_fraud\n", 400, |n| {
        format!("{}.1,{},{}", some(n, 1), some(n, 2) % 24, usize::from(n % 50 == 7))
    });
    let countries = rows("country,spend,bought\n", 210, |n| {
        format!("{},{}.5,{}", ["NA", "DE", "BW", "ZA"][n % 4], some(n, 1), ["yes", "no"][some(n, 2) % 2])
    });
    vec![
        case(
            "titanic.csv",
            titanic,
            "Survived",
            &[
                "task: classification",
                "metric: {name: auc}",
                "# left out: PassengerId, an id: 240 different numbers",
                "# left out: Name, text: 240 different ones",
                "- {name: Sex, type: category, levels: [female, male]}",
                "- {name: Age, type: integer, min: 0, max: 200, required: false, whenMissing: ",
                "- {name: Embarked, type: category, levels: [C, Q, S], required: false, whenMissing: most-frequent}",
                "- {name: Survived, type: integer, allowed: [0, 1]}",
            ],
            &["`PassengerId`, an id"],
        ),
        case(
            "adult.data",
            adult,
            "column_5",
            &[
                "path: data/adult.csv",
                "missing: [\"?\"]",
                "- {name: column_1, type: integer",
                "levels: [Private, State-gov], required: false, whenMissing: indicator}",
                "# left out: column_4, constant: every cell is `Bachelors`",
                "levels: [\"<=50K\", \">50K\"]",
            ],
            &["it has no header, and columns are found by name", "spaces stand behind the delimiters"],
        ),
        case(
            "telco.csv",
            churn,
            "Churn",
            &[
                "- {name: Churn, type: boolean, trueValues: [\"Yes\"], falseValues: [\"No\"]}",
                "- {name: TotalCharges, min: 0, max: 5000, required: false, whenMissing: median}",
                "- {name: SeniorCitizen, type: integer, allowed: [0, 1]}",
                "# left out: customerID, an id: 250 different texts",
            ],
            &["No 1", "Yes "],
        ),
        case(
            "fraud.csv",
            fraud,
            "is_fraud",
            &["task: classification", "metric: {name: auc}"],
            &["the classes are not balanced: `1` has 2.0% of the rows"],
        ),
        case(
            "countries.csv",
            countries,
            "bought",
            &["levels: [BW, DE, NA, ZA]}"],
            &["`NA` stands among codes of two letters, and is taken for one of them"],
        ),
    ]
}

/// Houses, wines, bicycles, flowers.
fn things() -> Vec<Case> {
    let wine = rows("\"fixed acidity\";\"pH\";\"alcohol\";\"quality\"\n", 220, |n| {
        format!("{}.{};3.{};{}.4;{}", some(n, 1) % 10, n % 10, some(n, 2), some(n, 3) % 9 + 8, some(n, 4) % 6 + 3)
    });
    let bikes = rows("instant,dteday,season,temp,casual,registered,cnt\n", 230, |n| {
        let (casual, registered) = (some(n, 1), some(n, 2) * 3);
        let day = format!("2011-{:02}-{:02}", n / 28 + 1, n % 28 + 1);
        format!("{},{day},{},0.{},{casual},{registered},{}", n + 1, n % 4 + 1, some(n, 3), casual + registered)
    });
    let rents = rows("Größe;Baujahr;Balkon;Kaltmiete\n", 210, |n| {
        format!(
            "{},{};{};{};{}.{:03},50",
            some(n, 1) + 20,
            n % 10,
            1950 + some(n, 2) % 70,
            ["ja", "nein"][some(n, 3) % 2],
            n % 3 + 1,
            some(n, 4)
        )
    });
    let plain_rents = rows("Größe;Straße;Kaltmiete\n", 200, |n| {
        format!("{},{};{};{},5", some(n, 1) + 20, n % 10, ["Bäckergasse", "Weg"][some(n, 2) % 2], some(n, 3) * 9)
    });
    let houses = rows("Id,MSZoning,LotFrontage,Alley,PoolQC,SalePrice\n", 210, |n| {
        let frontage = if some(n, 1) < 18 { "NA".to_owned() } else { format!("{}", 20 + some(n, 2)) };
        let alley = ["NA", "NA", "Pave", "Grvl"][some(n, 3) % 4];
        let pool = if n % 40 == 3 { ["Ex", "Gd"][n / 40 % 2] } else { "NA" };
        format!("{},{},{frontage},{alley},{pool},{}", n + 1, ["RL", "RM"][some(n, 4) % 2], 90_000 + some(n, 5) * 1500)
    });
    let iris = rows("sepal_length,petal_width,species\n", 150, |n| {
        let species = ["setosa", "versicolor", "virginica"][n / 50];
        format!("{}.{},{}.{},{species}", 4 + n / 50, some(n, 1) % 10, n / 50, some(n, 2) % 10)
    });
    let wide =
        rows(&((1..=120).map(|c| format!("sensor.{c:03}")).collect::<Vec<_>>().join(",") + ",output_kw\n"), 40, |n| {
            (0..=120).map(|c| format!("{}.{}", some(n, c), c % 10)).collect::<Vec<_>>().join(",")
        });
    let events = rows("user_id,ts,clicks,value\n", 300, |n| {
        format!("{},{},{},{}.5", 5000 + some(n, 1) * 3 + n % 2, 1_700_000_000 + n * 3607, some(n, 2) % 9, some(n, 3))
    });
    let machines = rows("temperature,pressure,batch,output\n", 260, |n| {
        let temperature = if n % 26 == 3 { "-999".to_owned() } else { format!("{}", 20 + some(n, 1)) };
        let pressure = if n == 77 { "broken".to_owned() } else { format!("{}.5", some(n, 2)) };
        format!("{temperature},{pressure},{:05},{}.25", some(n, 3) % 40, some(n, 4))
    });
    let prices = rows("listed,discount,rooms,price\n", 220, |n| {
        format!(
            "{}/{}/2025,{}%,{},\"${},{:03}.00\"",
            n % 12 + 1,
            n % 28 + 1,
            some(n, 1),
            some(n, 2) % 9 + 1,
            some(n, 3) + 100,
            some(n, 4) * 7
        )
    });
    let ambiguous = rows("sold,area,price\n", 200, |n| {
        format!("{:02}/{:02}/2025,{},{}", n % 12 + 1, (n / 12) % 12 + 1, some(n, 1), some(n, 2) * 3 + n % 3)
    });
    let leak = rows("rooms,price_eur,sale_price\n", 200, |n| {
        format!("{},{}.5,{}", some(n, 1) % 9, (some(n, 2) + n) * 2, (some(n, 2) + n) * 2)
    });
    vec![
        case(
            "winequality.csv",
            wine,
            "quality",
            &[
                "csv: {delimiter: \";\"}",
                "- {name: fixed acidity, min: 0",
                "- {name: quality, type: integer, min: 0",
                "metric: {name: rmse}",
            ],
            &["delimiter `;` guessed", "6 different whole numbers are taken for a quantity", "task: classification"],
        ),
        case(
            "bikes.csv",
            bikes,
            "cnt",
            &["# left out: instant, it counts the rows", "- {name: dteday, type: datetime}", "metric: {name: rmse}"],
            &["`casual` and `registered` add up to `cnt` in every row", "take both out of the spec"],
        ),
        case(
            "mieten.csv",
            rents,
            "Kaltmiete",
            &[
                "path: data/mieten.csv",
                "- {name: \"Größe\", min: 0, max: 500}",
                "- {name: Balkon, type: boolean, trueValues: [ja], falseValues: [nein]}",
            ],
            &["decimal comma guessed", "`Kaltmiete`: numbers have thousands separators", "is written anew"],
        ),
        case(
            "wohnungen.csv",
            latin_1(&plain_rents),
            "Kaltmiete",
            &[
                "csv: {delimiter: \";\", decimal: \",\", encoding: windows-1252}",
                "- {name: \"Straße\", type: category, levels: [\"Bäckergasse\", Weg]}",
            ],
            &["delimiter `;` guessed", "decimal comma guessed", "encoding windows-1252 guessed"],
        ),
        case(
            "house-prices.csv",
            houses,
            "SalePrice",
            &[
                "missing: [NA]",
                "- {name: Alley, type: category, levels: [Grvl, Pave], required: false, whenMissing: indicator}",
                "# left out: Id, an id",
            ],
            &["`Alley`: `NA` stands in", "it may be a level that means none", "`PoolQC`: 97% of the cells are missing"],
        ),
        case(
            "iris.csv",
            iris,
            "species",
            &["task: classification", "metric: {name: accuracy}", "levels: [setosa, versicolor, virginica]"],
            &["150 rows are few", "parts the classes of the target without a mistake"],
        ),
        case(
            "turbine.csv",
            wide,
            "output_kw",
            &["- {name: sensor.002, min: 0, max: 200}", "- {name: sensor.120, "],
            &["121 columns", "40 rows are few"],
        ),
        case(
            "events.csv",
            events,
            "value",
            &["# left out: user_id, an id by its name", "- {name: ts, type: integer"],
            &["`ts`: whole numbers from 1700000000 to", "look like seconds since 1970"],
        ),
        case(
            "machines.csv",
            machines,
            "output",
            &[
                "missing: [\"-999\", broken]",
                "- {name: temperature, type: integer, min: 0, max: 500, required: false, whenMissing: median}",
                "- name: batch",
                "levels: [\"00000\", \"00001\"",
            ],
            &[
                "`-999` stands 10 times among numbers of 0 and more",
                "1 cell that is no value of the column, `broken`, taken for missing",
                "numbers with zeros in front are taken for codes",
            ],
        ),
        case(
            "prices.csv",
            prices,
            "price",
            &[
                "- {name: listed, type: datetime}",
                "- {name: discount, type: integer, min: 0, max: 200}",
                "- {name: price, type: integer, min: 0",
            ],
            &["currency signs", "per cent signs", "dates are written as month, day, year"],
        ),
        case(
            "sales.csv",
            ambiguous,
            "price",
            &["# left out: sold, dates that could have the day or the month first"],
            &["looks like dates kept as text, and nothing tells day from month", "{name: sold, type: datetime}"],
        ),
        case(
            "leak.csv",
            leak,
            "sale_price",
            &["- {name: price_eur, min: 0"],
            &["`price_eur`: correlates with the target at 1.0000"],
        ),
    ]
}

/// Encodings, delimiters, headers.
fn formats() -> Vec<Case> {
    let plain = |mark: char| {
        rows(&format!("age{mark}plan{mark}spend\n"), 200, |n| {
            format!("{}{mark}{}{mark}{}.5", 18 + some(n, 1), ["basic", "pro"][some(n, 2) % 2], some(n, 3))
        })
    };
    let utf_16: Vec<u8> = ("\u{feff}".to_owned() + &plain('\t')).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bom = [b"\xef\xbb\xbf".as_slice(), plain(',').as_bytes()].concat();
    let trailing = rows("a,b,y\n", 200, |n| format!("{}.5,{}.25,{},", some(n, 1), some(n, 2), n % 97));
    let quoted = rows("note,score,y\n", 200, |n| {
        format!("\"{}\nsecond \"\"line\"\"\",{}.5,{}", ["first", "other"][n % 2], some(n, 1), some(n, 2) + n)
    });
    let twice =
        rows("a,b,a,y\n", 200, |n| format!("{}.5,{}.5,{}.5,{}.1", some(n, 1), some(n, 2), some(n, 3), some(n, 4)));
    let numbers =
        rows("", 200, |n| format!("{},{};{},{};{},{}", some(n, 1), n % 10, some(n, 2), n % 7, some(n, 3), n % 9));
    let spaces = rows("", 200, |n| format!("  {}.5   {}  {}.25", some(n, 1), some(n, 2), some(n, 3)));
    let preamble = "Report of sales\n\nCreated by a tool\n".to_owned() + &plain(',');
    let sep = "sep=;\n".to_owned() + &plain(';');
    let index = rows(",a,y\n", 200, |n| format!("{n},{}.5,{}.5", some(n, 1), some(n, 2)));
    let hostile = rows("##vso[task.complete]x,b\u{1b}[31m,y\n", 200, |n| {
        format!("{}.5,{}.5,{}.5", some(n, 1), some(n, 2), some(n, 3))
    });
    let gaps = rows("a,empty,same,y\n", 200, |n| {
        format!("{}.5,,7,{}", some(n, 1), if n == 5 { String::new() } else { format!("{}.5", some(n, 2)) })
    });
    let people = rows("city;people;y\n", 200, |n| {
        format!(
            "{};{}.{:03};{},{}",
            ["A", "B"][some(n, 1) % 2],
            some(n, 2) + 1,
            some(n, 3) * 9 + 100,
            some(n, 4),
            n % 9 + 1
        )
    });
    let years =
        rows("country,2019,2020,2021\n", 200, |n| format!("C{},{},{},{}", n % 9, some(n, 1), some(n, 2), some(n, 3)));
    let long = rows("serial,batch,a,y\n", 200, |n| {
        format!("9{:018},2000000000000000{},{}.5,{}.5", n * 7_919 + 11, 200 + n % 9, some(n, 1), some(n, 2))
    });
    let open = rows("a,b,y\n", 200, |n| {
        if n == 120 { "\"1,2,3".to_owned() } else { format!("{},{},{}.5", some(n, 1), some(n, 2), some(n, 3)) }
    });
    vec![
        case(
            "people.csv",
            people,
            "y",
            &["- {name: people, type: integer, min: 0, max: 500000}"],
            &["decimal comma guessed", "thousands separators"],
        ),
        case("years.csv", years, "2021", &["- {name: \"2019\", type: integer"], &["200 rows, 4 columns"]),
        case(
            "open.csv",
            open,
            "y",
            &["- {name: a, type: integer"],
            &["line 122: 1 cell, and the header has 3; a quotation mark there may never close"],
        ),
        case(
            "tabs.tsv",
            plain('\t'),
            "spend",
            &["path: data/tabs.tsv", "levels: [basic, pro]}"],
            &["delimiter tab guessed"],
        ),
        case("tabs.txt", plain('\t'), "spend", &["path: data/tabs.csv", "csv: {delimiter: \"\\t\"}"], &[]),
        case("bars.csv", plain('|'), "spend", &["csv: {delimiter: \"|\"}"], &["delimiter `|` guessed"]),
        case(
            "bom.csv",
            bom,
            "spend",
            &["- {name: age, type: integer, min: 0, max: 500}"],
            &["UTF-8 with a byte order mark"],
        ),
        case(
            "unicode.csv",
            utf_16,
            "plan",
            &["encoding: utf-16", "task: classification"],
            &["UTF-16LE with a byte order mark"],
        ),
        case(
            "trailing.csv",
            trailing,
            "y",
            &["- {name: b, min: 0"],
            &["each row ends with a delimiter that the header does not have"],
        ),
        case("quoted.csv", quoted, "y", &["- {name: note, type: category, unknownLevels: ignore}"], &[]),
        case("twice.csv", twice, "y", &["- {name: a, min: 0", "- {name: a_2, min: 0"], &["two columns are called `a`"]),
        case(
            "numbers.csv",
            numbers,
            "column_3",
            &["- {name: column_1, min: 0"],
            &["it has no header", "decimal comma guessed"],
        ),
        case("housing.data", spaces, "column_3", &["- {name: column_2, type: integer"], &["spaces are no delimiter"]),
        case("report.csv", preamble, "spend", &["- {name: age, type: integer"], &["before the header"]),
        case("excel.csv", sep, "spend", &["- {name: age, type: integer"], &["a line before the header"]),
        case("index.csv", index, "y", &["# left out: a column without a name"], &["left out: a column without a name"]),
        case(
            "long.csv",
            long,
            "y",
            &["# left out: serial, an id: whole numbers of more digits", "- {name: batch"],
            &["`batch`: whole numbers of more than 15 digits lose the last ones"],
        ),
        case("hostile.csv", hostile, "y", &["- {name: ", "min: 0"], &["is written anew", "cannot be kept"]),
        case(
            "gaps.csv",
            gaps,
            "y",
            &["# left out: empty, every cell is empty", "# left out: same, constant: every cell is `7`"],
            &["1 row has no value of the target `y`"],
        ),
    ]
}
