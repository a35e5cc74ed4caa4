//! The composite action: judged by GitHub's schema and by zizmor, and its scripts run.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::super::cli::examples;
use super::super::readme::yaml;
use super::super::support::{Output, Workspace, root, tools};
use super::{comments, is_sound, on_github, runner_file};

/// A run of one of the action's scripts with these inputs.
fn run(workspace: Workspace, script: &str, inputs: &[(&str, &str)], code: i32) -> Workspace {
    let inputs = inputs.iter().copied();
    let workspace = inputs.fold(workspace, |workspace, (name, value)| {
        workspace.env(name, value)
    });
    let path = root().join(".github/action").join(script);
    let output = workspace.execute("bash", [path]);
    assert_eq!(output.code, code, "{}{}", output.stdout, output.stderr);
    workspace
}

const CHECK: [(&str, &str); 3] = [
    ("COMMAND", "check"),
    ("POLICIES", "policies"),
    ("ARGUMENTS", ""),
];

#[test]
fn it_runs_a_command_and_tells_where_the_reports_are() {
    let workspace = run(on_github(examples()), "run.sh", &CHECK, 0);
    let output = runner_file(&workspace, "output");
    assert!(output.starts_with("code=1\n"), "{output}");
    for format in ["sarif", "json", "markdown"] {
        let mut lines = output.lines();
        let path = lines.find_map(|line| line.strip_prefix(&format!("{format}=")));
        let text = fs::read_to_string(path.expect("it is told")).expect("it is there");
        assert!(!text.is_empty());
    }
    assert!(runner_file(&workspace, "summary").starts_with("<!-- backstay check -->"));
    let comment = workspace
        .path()
        .join("runner/backstay-reports/backstay.markdown");
    let comment = comment.to_str().expect("UTF-8").to_owned();
    let workspace = run(workspace, "comment.sh", &[("COMMENT", &comment)], 0);
    let workspace = run(workspace, "comment.sh", &[("COMMENT", &comment)], 0);
    assert_eq!(comments(&workspace).len(), 1);
    let workspace = run(workspace, "comment.sh", &[("COMMENT", "")], 0);
    assert_eq!(comments(&workspace).len(), 1);
}

#[test]
fn inputs_are_words_and_nothing_else() {
    let inputs = [
        ("COMMAND", "validate"),
        (
            "POLICIES",
            " policies/fleet.yaml\n  policies/train-tracker.yaml ",
        ),
        ("FAIL_ON", "error"),
        ("ARGUMENTS", "--no-exceptions"),
    ];
    let workspace = run(on_github(examples()), "run.sh", &inputs, 0);
    assert!(runner_file(&workspace, "output").starts_with("code=0\n"));

    for hostile in [
        "$(touch pwned)",
        "`touch pwned`",
        "x; touch pwned",
        "--format=html",
        "*",
    ] {
        let inputs = [
            ("COMMAND", "drift"),
            ("POLICIES", hostile),
            ("ARGUMENTS", hostile),
        ];
        let inputs = inputs
            .iter()
            .copied()
            .chain([("BASELINE", hostile), ("FAIL_ON", hostile)]);
        let inputs: Vec<_> = inputs.collect();
        let workspace = run(on_github(examples()), "run.sh", &inputs, 0);
        assert_eq!(runner_file(&workspace, "output"), "code=2\n", "{hostile}");
        assert!(!workspace.path().join("pwned").exists(), "{hostile}");
    }
    run(
        on_github(examples()),
        "run.sh",
        &[("COMMAND", "render; touch pwned")],
        2,
    );
}

#[test]
fn what_it_installs_is_named_by_its_source() {
    let source = |workspace: Workspace| {
        let folder = workspace.path().to_owned();
        let workspace = workspace.env("GITHUB_ACTION_PATH", folder);
        let workspace = run(on_github(workspace), "source.sh", &[], 0);
        runner_file(&workspace, "output")
    };
    let with = |text: &str| {
        let workspace = Workspace::new()
            .file("Cargo.toml", "a")
            .file("Cargo.lock", "b");
        source(workspace.file("src/main.rs", text).file("templates/x", "c"))
    };
    assert_eq!(with("one"), with("one"));
    assert_ne!(with("one"), with("two"));
    assert_eq!(with("one").len(), "digest=\n".len() + 64);
}

#[test]
fn it_fits_githubs_schema_and_zizmor_finds_nothing() {
    let action = root().join("action.yml");
    let judge = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(tools().join("venv/bin").join(program));
        let output = command.args(arguments).arg(&action).output();
        let told = Output::of(output.expect("it starts"));
        assert_eq!(told.code, 0, "{program}: {}{}", told.stdout, told.stderr);
    };
    judge(
        "check-jsonschema",
        &["--builtin-schema", "vendor.github-actions"],
    );
    judge(
        "zizmor",
        &[
            "--offline",
            "--no-config",
            "--quiet",
            "--persona",
            "pedantic",
        ],
    );
    // Each input reaches a script by the environment alone.
    let text = fs::read_to_string(&action).expect("the action");
    let action: Value = serde_yaml::from_str(&text).expect("YAML");
    for step in action["runs"]["steps"].as_array().expect("steps") {
        let script = step["run"].as_str().unwrap_or_default();
        assert!(!script.contains("${{"), "{script}");
    }
}

#[test]
fn the_readmes_workflow_is_sound_and_names_inputs_that_there_are() {
    let sample = yaml("OWNER/backstay@");
    let workflow: Value = serde_yaml::from_str(&sample).expect("YAML");
    let action = fs::read_to_string(root().join("action.yml")).expect("the action");
    let action: Value = serde_yaml::from_str(&action).expect("YAML");
    let mut used = 0;
    for job in workflow["jobs"].as_object().expect("jobs").values() {
        for step in job["steps"].as_array().expect("steps") {
            if step["uses"]
                .as_str()
                .is_some_and(|it| it.starts_with("OWNER/backstay@"))
            {
                used += 1;
                for name in step["with"].as_object().into_iter().flatten() {
                    assert!(action["inputs"].get(name.0).is_some(), "{}", name.0);
                }
            }
        }
    }
    assert!(used > 0);
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let sample = sample.replace("OWNER/backstay@SHA", &format!("example-org/backstay@{sha}"));
    let workspace = Workspace::new().file("x/github/sample.yml", &sample);
    is_sound(workspace.path());
}
