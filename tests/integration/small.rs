//! Small commands: a first policy, and help for shells.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::support::{Output, Workspace};

const STARTED: &str = "policies/backstay.yaml";

#[test]
fn init_starts_a_policy_that_is_sound_and_teaches() {
    let workspace = Workspace::new();
    let output = workspace.run(["init"]).expect_code(0);
    assert!(output.stderr.contains(STARTED), "{}", output.stderr);
    assert_eq!(output.stdout, "");
    let validated = workspace.run(["validate"]).expect_code(0);
    let told = "0 errors, 0 warnings";
    assert!(validated.stderr.contains(told), "{}", validated.stderr);
    workspace.run(["render"]).expect_code(0);
    workspace.run(["render", "--check"]).expect_code(0);
    let text = fs::read_to_string(workspace.path().join(STARTED)).unwrap();
    for line in text.lines() {
        assert!(line.contains("# ") && line.len() <= 110, "{line}");
    }
    workspace.run(["explain", "orders"]).expect_code(0);
}

#[test]
fn init_never_writes_over_a_file() {
    let workspace = Workspace::new().policy("backstay.yaml", "mine");
    let output = workspace.run(["init"]).expect_code(2);
    assert!(output.stderr.contains(STARTED), "{}", output.stderr);
    let path = workspace.path().join(STARTED);
    assert_eq!(fs::read_to_string(path).unwrap(), "mine");
    workspace.run(["init", "here/and/there.yml"]).expect_code(0);
    workspace.run(["validate", "here"]).expect_code(0);
    workspace.run(["init", "here/and/there.yml"]).expect_code(2);
    // A link that leads nowhere is there as well.
    let link = workspace.path().join("link.yaml");
    std::os::unix::fs::symlink("elsewhere.yaml", link).unwrap();
    workspace.run(["init", "link.yaml"]).expect_code(2);
    assert!(!workspace.path().join("elsewhere.yaml").exists());
}

/// Whether this machine has a program.
fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn completions(shell: &str) -> (Workspace, String) {
    let workspace = Workspace::new();
    let script = workspace.run(["completions", shell]).expect_code(0).stdout;
    let workspace = workspace.file("script", &script);
    (workspace, script)
}

#[test]
fn bash_completes_commands_and_options() {
    let (workspace, _) = completions("bash");
    for (words, wanted) in [
        ("backstay dri", "drift"),
        ("backstay drift --form", "--format"),
        ("backstay drift --format js", "json"),
        ("backstay completions z", "zsh"),
    ] {
        let complete = format!(
            "source ./script; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _backstay backstay \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let output = workspace.execute("bash", ["-uc", &complete]).expect_code(0);
        let offered: Vec<&str> = output.stdout.lines().collect();
        assert_eq!(offered, [wanted], "{words}: {}", output.stderr);
    }
}

#[test]
fn every_shell_has_a_script_that_it_can_read() {
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let (workspace, script) = completions(shell);
        assert!(
            script.contains("drift") && script.contains("fail-on"),
            "{shell}"
        );
        if has(shell) {
            let output = workspace.execute(shell, [check, "script"]).expect_code(0);
            assert_eq!(output.stderr, "", "{shell}");
        }
    }
    for shell in ["elvish", "powershell"] {
        assert!(completions(shell).1.contains("drift"), "{shell}");
    }
    Workspace::new().run(["completions", "sh"]).expect_code(2);
}

/// What a page reads like, where the machine can set it; it must not complain.
fn set(page: &Path) -> Option<String> {
    if !has("groff") {
        return None;
    }
    let mut groff = Command::new("groff");
    groff
        .args(["-man", "-Tascii", "-ww", "-P-cbou", "-rLL=100n"])
        .arg(page);
    let output = Output::run(groff.stdin(Stdio::null())).expect_code(0);
    assert_eq!(output.stderr, "", "{}", page.display());
    Some(output.stdout)
}

#[test]
fn each_command_has_a_page_that_can_be_set() {
    let workspace = Workspace::new();
    let help = workspace.run(["--help"]).expect_code(0).stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    // A name has two spaces before it; what goes on behind a long line has more.
    let names = commands.lines().filter_map(|line| line.strip_prefix("  "));
    let names = names.filter_map(|line| line.split(' ').next());
    let commands: Vec<&str> = names.filter(|it| !["", "help"].contains(it)).collect();
    assert!(
        commands.contains(&"drift") && commands.contains(&"man"),
        "{commands:?}"
    );
    let whole = workspace.run(["man"]).expect_code(0).stdout;
    for name in &commands {
        assert!(whole.contains(&format!("backstay\\-{name}(1)")), "{name}");
        let page = workspace.run(["man", name]).expect_code(0).stdout;
        assert!(
            page.contains(&format!(".TH backstay-{name} 1")),
            "{name}: {page}"
        );
        fs::write(workspace.path().join("page.1"), page).unwrap();
        if let Some(text) = set(&workspace.path().join("page.1")) {
            assert!(text.contains("SYNOPSIS") && text.contains(name), "{text}");
        }
    }
    fs::write(workspace.path().join("page.1"), whole).unwrap();
    if let Some(text) = set(&workspace.path().join("page.1")) {
        assert!(text.contains("No command writes to a cloud"), "{text}");
        assert!(text.contains("Exit codes: 0 clean"), "{text}");
    }
    let unknown = workspace.run(["man", "drfit"]).expect_code(2);
    assert!(unknown.stderr.contains("drfit"), "{}", unknown.stderr);
}
