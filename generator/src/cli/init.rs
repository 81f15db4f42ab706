//! `mlops-gen init`: a spec from a few answers, its render, and a git repository.

use std::io::IsTerminal as _;
use std::path::Path;

use mlops_gen::edge::{clock, disk, git, own_data as edge_data};
use mlops_gen::example::{Answers, spec_text};
use mlops_gen::origin::Settings;
use mlops_gen::own_data;
use mlops_gen::project::check::may_be_called;
use mlops_gen::project::devops::Directory;
use mlops_gen::project::monitoring::MailAddress;
use mlops_gen::project::name::{DevOpsName, DevOpsProjectName, Location, OrganizationName, ProjectName};
use mlops_gen::tree::changes::Policy;

use super::args::Init;
use super::args_runtime::RuntimeArg;
use super::existing;
use super::failure::Failure;
use super::init_data::{self, Own, harmless_line};
use super::init_from;
use super::loaded::Loaded;
use super::outcome::Outcome;
use super::output::Output;
use super::render;

/// What a project is called whose folder has no name for one.
const NAMELESS: &str = "mlops-project";

pub(super) fn run(options: &Init, output: Output) -> Result<Outcome, Failure> {
    let spec = options.dir.join("mlops.yaml");
    if spec.exists() {
        let why = format!("{} exists: this is a project already; run `mlops-gen render` in it", spec.display());
        output.say(&format!("refused: {why}"));
        if output.is_json() {
            output.data(&serde_json::json!({ "refused": why }));
        }
        return Ok(Outcome::Different);
    }
    if options.dir.is_file() {
        return Err(Failure::Usage(format!(
            "{} is a file, and a project is a folder: name another one",
            options.dir.display()
        )));
    }
    let ask = !options.yes && !output.is_json() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let mut former = options.from.as_deref().map(init_from::read).transpose()?;
    let (data, target) = match &former {
        Some(former) if options.data.is_none() => (Some(former.data()?), former.origin.settings.target.clone()),
        _ => (options.data.clone(), None),
    };
    if options.target.is_some() && data.is_none() && !ask {
        return Err(Failure::Usage("--target names a column of --data FILE, which is not there".to_owned()));
    }
    let target = options.target.clone().or(target);
    let own = match init_data::look(data.as_deref(), target.as_deref(), ask, output)? {
        Some(Own::Refused) => return Ok(Outcome::Different),
        Some(Own::Data(inferred, source)) => Some((inferred, source)),
        None => None,
    };
    let named = own.as_ref().map(|(_, source)| source.path());
    let mut answers = answers(options, named, former.as_ref().map(|former| &former.origin.settings), ask)?;
    in_repository(&mut answers, output);
    let Some((inferred, source)) = own else {
        let text = spec_text(&answers).map_err(|error| Failure::Templates(vec![error]))?;
        let loaded = Loaded::from_text(&spec, &text, None).map_err(|failure| of_arguments(options, failure))?;
        return write(options, &spec, &text, loaded, output);
    };
    // Data go first: a render leaves files alone that are there.
    let placed = edge_data::place(&options.dir, &source, &inferred)?;
    let file = source.path().file_name().unwrap_or(source.path().as_os_str()).to_string_lossy();
    let outcome = own_data::spec_text(&answers, &inferred, &placed.path, &file)
        .map_err(|error| Failure::Templates(vec![error]))
        .map(|text| match &mut former {
            Some(former) => former.put_into(&text, &spec.display().to_string()),
            None => text,
        })
        .and_then(|text| Ok((Loaded::from_text(&spec, &text, None)?, text)))
        .map_err(|failure| of_arguments(options, failure))
        .and_then(|(loaded, text)| {
            init_data::tell(&inferred, &source, &placed, output);
            if let Some(former) = &former {
                former.tell(output);
            }
            write(options, &spec, &text, loaded, output)
        });
    match (&outcome, &former) {
        (Ok(Outcome::Clean), Some(former)) => former.add_requirements(&options.dir, options.complete, output)?,
        (Ok(Outcome::Clean), None) => {}
        _ => placed.undo(),
    }
    outcome
}

/// Mistakes of a spec that nobody has written yet, told by the arguments that they come from; names that are derived from
/// those are left out.
fn of_arguments(options: &Init, failure: Failure) -> Failure {
    let Failure::Spec(report) = &failure else { return failure };
    let places = [
        ("--name", &options.name, "project.name"),
        ("--organization", &options.organization, "devops.organization"),
        ("--devops-project", &options.devops_project, "devops.project"),
        ("--location", &options.location, "azure.location"),
        ("--mail", &options.mail, "monitoring.mail[0]"),
    ];
    let lines = places.into_iter().filter_map(|(flag, given, path)| {
        let given = given.as_ref()?;
        let wrong = report.diagnostics().iter().find(|diagnostic| diagnostic.path == path)?;
        let help = wrong.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        Some(harmless_line(&format!("{flag} {given}: {}{help}", wrong.message)))
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { failure } else { Failure::Arguments(lines) }
}

/// Says what it means for a project that it lies in a repository that is there already.
fn in_repository(answers: &mut Answers, output: Output) {
    let Some(place) = &answers.place else { return };
    let wrong = DevOpsName::parse(&place.repository).err().or_else(|| Directory::parse(&place.directory).err());
    match wrong {
        None => output.say(&format!(
            "the folder lies in the repository {}: the project will be its folder {} (`devops.directory`)",
            place.repository, place.directory
        )),
        Some(why) => {
            output.say(&format!(
                "the folder lies in a git repository, and the project cannot be a folder of it: {why}; the spec says that it \
                 has a repository of its own"
            ));
            answers.place = None;
        }
    }
}

/// Writes what a spec renders, the spec itself, and starts a repository.
fn write(options: &Init, spec: &Path, text: &str, mut loaded: Loaded, output: Output) -> Result<Outcome, Failure> {
    let own_readme = loaded.disk.keys().any(|path| path.as_str() == "README.md");
    let outcome = render::write(&mut loaded, Policy::default(), output)?;
    if outcome == Outcome::Different {
        return Ok(outcome);
    }
    disk::write(spec, text.as_bytes())?;
    existing::settle(&loaded, options.complete, output)?;
    if !options.no_git {
        match git::init(&options.dir, "main") {
            Ok(true) => output.say("started a git repository; nothing is committed yet"),
            Ok(false) => {}
            // The project is whole without one.
            Err(error) => output.say(&format!("no git repository was started: {error}")),
        }
    }
    output.say(&format!("\nnext: edit {} and run `mlops-gen render` in {}", spec.display(), options.dir.display()));
    output.say(match own_readme {
        false => "      README.md there says how to bring it to Azure, in order",
        true => {
            "      your README.md stays; that of a new project, which says how to bring it to Azure, in order, comes with \
             `mlops-gen render --out FOLDER`"
        }
    });
    Ok(Outcome::Clean)
}

fn answers(options: &Init, data: Option<&Path>, former: Option<&Settings>, ask: bool) -> Result<Answers, Failure> {
    let named = former.and_then(|former| former.name.clone()).unwrap_or_else(|| project_name(&options.dir, data));
    let place = former.and_then(|former| former.location.clone()).filter(|text| Location::parse(text).is_ok());
    let name = answer(options.name.as_ref(), "Project name", &named, ask, |text| ProjectName::parse(text).map(drop))?;
    let runtime = match options.runtime {
        Some(runtime) => runtime,
        // The other layouts are of Python.
        None if former.is_some() => RuntimeArg::Python,
        None if ask => ask_runtime()?,
        None => RuntimeArg::Rust,
    };
    let organization = |text: &str| OrganizationName::parse(text).map(drop);
    let project = |text: &str| DevOpsProjectName::parse(text).map(drop);
    let location = |text: &str| Location::parse(text).map(drop);
    Ok(Answers {
        runtime: runtime.as_str(),
        organization: answer(
            options.organization.as_ref(),
            "Azure DevOps organization",
            "my-organization",
            ask,
            organization,
        )?,
        devops_project: answer(options.devops_project.as_ref(), "Azure DevOps project", &name, ask, project)?,
        location: answer(
            options.location.as_ref(),
            "Azure region",
            place.as_deref().unwrap_or("westeurope"),
            ask,
            location,
        )?,
        mail: answer(
            options.mail.as_ref(),
            "Mail address for approvals and alerts",
            "ml-team@example.com",
            ask,
            |text| MailAddress::parse(text).map(drop),
        )?,
        name,
        budget_start: clock::first_of_next_month(),
        place: git::place(&options.dir),
    })
}

/// What a flag says, or the answer to a question, which is asked again until it fits.
fn answer(
    given: Option<&String>,
    question: &str,
    default: &str,
    ask: bool,
    fits: impl Fn(&str) -> Result<(), String>,
) -> Result<String, Failure> {
    match given {
        Some(value) => Ok(value.clone()),
        None if ask => dialoguer::Input::new()
            .with_prompt(question)
            .default(default.to_owned())
            .validate_with(|answer: &String| fits(answer))
            .interact_text()
            .map_err(|error| Failure::Usage(format!("no answer to `{question}`: {error}; use flags and --yes"))),
        None => Ok(default.to_owned()),
    }
}

fn ask_runtime() -> Result<RuntimeArg, Failure> {
    let runtimes = [RuntimeArg::Rust, RuntimeArg::Python];
    let chosen = dialoguer::Select::new()
        .with_prompt("Language of training and scoring")
        .items(runtimes.map(RuntimeArg::as_str))
        .default(0)
        .interact()
        .map_err(|error| Failure::Usage(format!("no runtime was chosen: {error}; use --runtime and --yes")))?;
    Ok(runtimes[chosen])
}

/// The name of the folder made into a project name; else that of the data, for a folder that says nothing.
fn project_name(dir: &Path, data: Option<&Path>) -> String {
    let of_folder = folder_name(dir);
    match data.and_then(Path::file_stem) {
        Some(stem) if of_folder == NAMELESS => folder_name(Path::new("/").join(stem).as_path()),
        _ => of_folder,
    }
}

/// Lower-case letters of European languages as people write them without their marks.
fn plain(name: &str) -> String {
    let one = |c: char| {
        Some(match c {
            'ä' | 'æ' => "ae",
            'ö' | 'ø' | 'œ' => "oe",
            'ü' => "ue",
            'ß' => "ss",
            'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' | 'ă' => "a",
            'ç' | 'ć' | 'č' => "c",
            'ď' | 'đ' | 'ð' => "d",
            'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => "e",
            'ğ' => "g",
            'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
            'ł' => "l",
            'ñ' | 'ń' | 'ň' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ő' => "o",
            'ř' => "r",
            'ś' | 'š' | 'ş' | 'ș' => "s",
            'ť' | 'ț' | 'ţ' => "t",
            'ù' | 'ú' | 'û' | 'ů' | 'ű' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            // A mark that stands by itself behind its letter, as macOS writes names.
            '\u{300}'..='\u{36f}' => "",
            _ => return None,
        })
    };
    name.chars().map(|c| one(c).map_or_else(|| c.to_string(), str::to_owned)).collect()
}

/// The folder's name made into a project name: lower case, one hyphen for whatever stands between letters and digits.
fn folder_name(dir: &Path) -> String {
    let full = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let name = full.file_name().map(|name| plain(&name.to_string_lossy().to_lowercase())).unwrap_or_default();
    // Words that Azure refuses in addresses go: what is left of the name is still the team's.
    let refused = |word: &str| ["microsoft", "windows", "login", "xbox"].iter().any(|other| word.contains(other));
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty() && !refused(word));
    let joined = words.collect::<Vec<_>>().join("-");
    let trimmed = joined.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let short: String = trimmed.chars().take(24).collect();
    let short = short.trim_end_matches('-');
    match short {
        "" => NAMELESS.to_owned(),
        short if may_be_called(short).is_err() => format!("{short}-project"),
        short => short.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_gives_a_project_a_name() {
        for (folder, name) in [
            ("My Project (v2)", "my-project-v2"),
            ("Sales & Ops", "sales-ops"),
            ("microsoft+MLOpsPython", "mlopspython"),
            ("Windows", "mlops-project"),
            ("test", "test-project"),
            ("class", "class-project"),
            ("aux", "aux-project"),
            ("--churn__model--", "churn-model"),
            ("2026 churn", "churn"),
            ("Ünïcode Straße", "uenicode-strasse"),
            ("Café Modèle", "cafe-modele"),
            ("(((", "mlops-project"),
            ("p", "p"),
            ("a very long name - of a folder that goes on", "a-very-long-name-of-a-fo"),
            ("abcdefghijklmnopqrstuvw  xyz", "abcdefghijklmnopqrstuvw"),
        ] {
            let derived = folder_name(&Path::new("/tmp").join(folder));
            assert_eq!(derived, name);
            assert!(ProjectName::parse(&derived).is_ok() && may_be_called(&derived).is_ok(), "{derived}");
        }
    }
}
