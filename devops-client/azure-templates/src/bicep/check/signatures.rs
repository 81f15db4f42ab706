//! Functions of Bicep: what they take and give (Microsoft Learn, "Bicep functions").

use super::types::Type;

/// One way to call a function.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) arguments: Vec<Argument>,
    /// How many must be given.
    pub(super) least: usize,
    /// The last one may be repeated.
    pub(super) repeats: bool,
    pub(super) gives: Type,
}

/// What an argument may be.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    Value(Type),
    /// A lambda with this many parameters, least and most, and what it gives.
    Lambda(usize, usize, Type),
}

impl Signature {
    /// What the argument at `index` may be.
    pub(super) fn argument(&self, index: usize) -> Option<&Argument> {
        self.arguments.get(index).or_else(|| self.arguments.last().filter(|_| self.repeats))
    }

    pub(super) fn takes(&self, count: usize) -> bool {
        count >= self.least && (self.repeats || count <= self.arguments.len())
    }
}

/// A row per function: its ways to be called, `arguments>value`. Letters: `s` string, `i` int, `b` bool, `a` array,
/// `o` object, `n` null, `*` anything, a digit range a lambda with as many parameters; behind the digits what it gives; letters
/// together are one argument that may be either. `?` makes an argument optional, `+` lets the last one be repeated.
const TABLE: [(&str, &[&str]); 80] = [
    ("any", &["*>*"]),
    ("array", &["*>a"]),
    ("base64", &["s>s"]),
    ("base64ToJson", &["s>*"]),
    ("base64ToString", &["s>s"]),
    ("bool", &["*>b"]),
    ("buildUri", &["o>s"]),
    ("cidrHost", &["s,i>s"]),
    ("cidrSubnet", &["s,i,i>s"]),
    ("concat", &["a+>a", "sib+>s"]),
    ("contains", &["o,s>b", "a,*>b", "s,s>b"]),
    ("dataUri", &["*>s"]),
    ("dataUriToString", &["s>s"]),
    ("dateTimeAdd", &["s,s,s?>s"]),
    ("dateTimeFromEpoch", &["i?>s"]),
    ("dateTimeToEpoch", &["s?>i"]),
    ("deployer", &[">o"]),
    ("deployment", &[">o"]),
    ("empty", &["noas>b"]),
    ("endsWith", &["s,s>b"]),
    ("environment", &[">o"]),
    ("extensionResourceId", &["s,s,s,s?+>s"]),
    ("fail", &["s>*"]),
    ("filter", &["a,12b>a"]),
    ("first", &["a>*", "s>s"]),
    ("flatten", &["a>a"]),
    ("format", &["s,*?+>s"]),
    ("groupBy", &["a,11s>o"]),
    ("guid", &["s+>s"]),
    ("indexOf", &["s,s>i", "a,*>i"]),
    ("int", &["si>i"]),
    ("intersection", &["o,o,o?+>o", "a,a,a?+>a"]),
    ("items", &["o>a"]),
    ("join", &["a,s>s"]),
    ("json", &["s>*"]),
    ("last", &["a>*", "s>s"]),
    ("lastIndexOf", &["s,s>i", "a,*>i"]),
    ("length", &["so>i", "a>i"]),
    ("loadFileAsBase64", &["s>s"]),
    ("loadJsonContent", &["s,s?,s?>*"]),
    ("loadTextContent", &["s,s?>s"]),
    ("loadYamlContent", &["s,s?,s?>*"]),
    ("managementGroupResourceId", &["s,s,s?+>s"]),
    ("map", &["a,12>a"]),
    ("mapValues", &["o,11>o"]),
    ("max", &["i+>i", "a>i"]),
    ("min", &["i+>i", "a>i"]),
    ("nameof", &["*>s"]),
    ("newGuid", &[">s"]),
    ("objectKeys", &["o>a"]),
    ("padLeft", &["si,i,s?>s"]),
    ("parseCidr", &["s>*"]),
    ("parseUri", &["s>*"]),
    ("pickZones", &["s,s,s,i?,i?>a"]),
    ("providers", &["s,s?>*"]),
    ("range", &["i,i>a"]),
    ("reduce", &["a,*,23>*"]),
    ("reference", &["s,s?,s?>*"]),
    ("replace", &["s,s,s>s"]),
    ("resourceId", &["s,s,s?+>s"]),
    ("shallowMerge", &["a>o"]),
    ("skip", &["a,i>a", "s,i>s"]),
    ("sort", &["a,22b>a"]),
    ("split", &["s,sa>a"]),
    ("startsWith", &["s,s>b"]),
    ("string", &["*>s"]),
    ("subscriptionResourceId", &["s,s,s?+>s"]),
    ("substring", &["s,i,i?>s"]),
    ("take", &["a,i>a", "s,i>s"]),
    ("tenantResourceId", &["s,s,s?+>s"]),
    ("toLower", &["s>s"]),
    ("toObject", &["a,11s,11?>o"]),
    ("toUpper", &["s>s"]),
    ("trim", &["s>s"]),
    ("union", &["o,o,o?+>o", "a,a,a?+>a"]),
    ("uniqueString", &["s+>s"]),
    ("uri", &["s,s>s"]),
    ("uriComponent", &["s>s"]),
    ("uriComponentToString", &["s>s"]),
    ("utcNow", &["s?>s"]),
];

/// Functions of logical zones, whose arguments Bicep checks as these.
const ZONES: [(&str, &[&str]); 4] = [
    ("toLogicalZone", &["s,s,s>s"]),
    ("toLogicalZones", &["s,s,a>a"]),
    ("toPhysicalZone", &["s,s,s>s"]),
    ("toPhysicalZones", &["s,s,a>a"]),
];

/// Functions of parameter files alone.
const OF_PARAMETERS: [(&str, &[&str]); 2] = [("externalInput", &["s,*?>*"]), ("readEnvironmentVariable", &["s,s?>s"])];

/// Functions of the template language that are operators, literals or names in Bicep, and the code for each.
const REPLACED: [(&str, &str, &str); 21] = [
    ("add", "BCP069", "`+`"),
    ("sub", "BCP069", "`-`"),
    ("mul", "BCP069", "`*`"),
    ("div", "BCP069", "`/`"),
    ("mod", "BCP069", "`%`"),
    ("less", "BCP069", "`<`"),
    ("lessOrEquals", "BCP069", "`<=`"),
    ("greater", "BCP069", "`>`"),
    ("greaterOrEquals", "BCP069", "`>=`"),
    ("equals", "BCP069", "`==`"),
    ("not", "BCP069", "`!`"),
    ("and", "BCP069", "`&&`"),
    ("or", "BCP069", "`||`"),
    ("coalesce", "BCP069", "`??`"),
    ("if", "BCP100", "`condition ? one : other`"),
    ("createArray", "BCP101", "`[ … ]`"),
    ("createObject", "BCP102", "`{ … }`"),
    ("variables", "BCP060", "the variable's name"),
    ("parameters", "BCP061", "the parameter's name"),
    ("true", "BCP057", "`true`"),
    ("false", "BCP057", "`false`"),
];

/// What is written instead of a function of the template language: the compiler's code and the way in Bicep.
pub(super) fn replaced(name: &str) -> Option<(&'static str, &'static str)> {
    REPLACED.iter().find(|(known, ..)| *known == name).map(|(_, code, instead)| (*code, *instead))
}

/// The ways to call `name`; none if there is no such function. In a parameter file, what asks Azure is none.
pub(super) fn signatures(name: &str, parameter_file: bool) -> Vec<Signature> {
    let all = TABLE.iter().chain(&ZONES).chain(OF_PARAMETERS.iter().filter(|_| parameter_file));
    let found = all.into_iter().find(|(known, _)| *known == name);
    if parameter_file && of_azure(name) {
        return Vec::new();
    }
    if let Some((_, ways)) = found {
        return ways.iter().map(|way| parse(way)).collect();
    }
    if super::super::functions::is_runtime(name) && !parameter_file {
        return vec![parse("s,s,o?>*")];
    }
    Vec::new()
}

/// The namespace of a function: `az` for what asks Azure, `sys` for what is computed.
pub(super) fn namespace_of(name: &str) -> &'static str {
    let asks = of_azure(name) && !matches!(name, "newGuid" | "utcNow");
    let zones = ZONES.iter().any(|(zone, _)| *zone == name);
    let scope = SCOPES.contains(&name) || matches!(name, "deployer" | "getSecret");
    let az = asks || zones || scope || super::super::functions::is_runtime(name);
    if az { "az" } else { "sys" }
}

const SCOPES: [&str; 4] = ["resourceGroup", "subscription", "managementGroup", "tenant"];

fn of_azure(name: &str) -> bool {
    name.ends_with("ResourceId")
        || matches!(
            name,
            "resourceId"
                | "reference"
                | "providers"
                | "pickZones"
                | "deployment"
                | "environment"
                | "newGuid"
                | "utcNow"
        )
}

/// Names of functions, for "did you mean".
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().chain(&ZONES).map(|(name, _)| *name).chain(SCOPES)
}

pub(super) fn parse(way: &str) -> Signature {
    let (arguments, gives) = way.split_once('>').unwrap_or((way, "*"));
    let mut signature = Signature { arguments: Vec::new(), least: 0, repeats: false, gives: kind(gives) };
    for argument in arguments.split(',').filter(|argument| !argument.is_empty()) {
        signature.repeats |= argument.ends_with('+');
        let letters = argument.trim_end_matches('+');
        let plain = letters.trim_end_matches('?');
        signature.least += usize::from(plain == letters);
        let digits: Vec<usize> =
            plain.bytes().filter(u8::is_ascii_digit).map(|digit| usize::from(digit - b'0')).collect();
        signature.arguments.push(match digits.as_slice() {
            [least, most] => {
                Argument::Lambda(*least, *most, kind(plain.trim_start_matches(|c: char| c.is_ascii_digit())))
            }
            _ => Argument::Value(Type::union(plain.chars().map(|letter| kind(letter.encode_utf8(&mut [0; 4]))))),
        });
    }
    signature
}

fn kind(letter: &str) -> Type {
    match letter {
        "s" => Type::TEXT,
        "i" => Type::INT,
        "b" => Type::Bool,
        "a" => Type::array(),
        "o" => Type::object(),
        "n" => Type::Null,
        _ => Type::Any,
    }
}
