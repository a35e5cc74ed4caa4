//! Programs that are not ours judge what backstay has rendered into `generated/`.

use std::process::Command;

use crate::support::{Output, Workspace, root, tools};

fn python(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(tools().join("venv/bin/python"));
    command
        .arg(root().join("tests/checkers").join(program))
        .args(arguments)
        .current_dir(root())
        .env("PYTHONUTF8", "1");
    Output::of(command.output().expect("a checker starts"))
}

/// A test for each checker, so that a failure has its name.
macro_rules! checkers {
    ($($name:ident $options:expr),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let arguments = [&["generated", "--only", stringify!($name)], $options].concat();
                python("all", &arguments).expect_code(0);
            }
        )*
        const TESTED: &[&str] = &[$(stringify!($name)),*];
    };
}

const JUDGED: &[&str] = &[];

checkers! {
    arm JUDGED,
    cfn JUDGED,
    cron JUDGED,
    iam JUDGED,
    lifecycle JUDGED,
    parameters JUDGED,
    runbooks JUDGED,
    shell JUDGED,
    units JUDGED,
    unjudged JUDGED,
    workflows JUDGED,
    yaml11 JUDGED,
}

#[test]
fn every_checker_has_a_test() {
    let folder = root().join("tests/checkers");
    let mut checkers = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the checkers can be read") {
        let path = entry.expect("the checkers can be read").path();
        let is_checker = |text: String| text.contains("\nWHAT = ");
        if std::fs::read_to_string(&path).is_ok_and(is_checker) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            checkers.push(name.into_owned());
        }
    }
    checkers.sort();
    assert_eq!(checkers, TESTED);
}

#[test]
fn the_checkers_find_what_they_are_there_for() {
    python("selftest.py", &[]).expect_code(0);
}

/// Of what the repository's own policies have no example.
#[test]
fn every_template_of_azure_is_judged() {
    let policy = include_str!("../fixtures/wire/azure.yaml");
    let workspace = Workspace::new().policy("azure.yaml", policy);
    workspace.run(["render"]).expect_code(0);
    let folder = workspace.path().join("generated");
    let templates = [
        "access",
        "alerts",
        "dumps",
        "identities",
        "long",
        "long-access",
        "long-plans",
        "trains",
    ];
    for name in templates {
        let file = folder.join(format!("azure/north/{name}.json"));
        assert!(file.is_file(), "{} is not rendered", file.display());
    }
    let folder = folder.display().to_string();
    python("all", &[&folder, "--only", "arm"]).expect_code(0);
}

/// What the repository's own policies have no example of, as engines, accounts and shapes of dumps.
#[test]
fn every_checker_judges_an_estate_of_many_shapes() {
    let workspace = Workspace::new()
        .policy("aws.yaml", include_str!("../fixtures/foreign/aws.yaml"))
        .policy("azure.yaml", include_str!("../fixtures/foreign/azure.yaml"));
    workspace.run(["render"]).expect_code(0);
    let folder = workspace.path().join("generated").display().to_string();
    python("all", &[&folder, "--partial"]).expect_code(0);
}
