//! Reports on terminals of many widths: no table is wider, and no word of the program is broken.

use unicode_width::UnicodeWidthStr;

use super::cli::examples;
use super::coverage;
use super::support::{Output, Workspace, tools};

/// Runs the program at a terminal of so many columns.
fn at_columns(workspace: &Workspace, columns: usize, arguments: &[&str]) -> Output {
    let program = r#"
import fcntl, os, pty, struct, sys, termios
columns, command = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.execvp(command[0], command)
told = b""
while True:
    try:
        more = os.read(terminal, 65536)
    except OSError:
        break
    if not more:
        break
    told += more
sys.stdout.buffer.write(told.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;
    let python = tools().join("venv/bin/python");
    let columns = columns.to_string();
    let words = ["-c", program, &columns, env!("CARGO_BIN_EXE_backstay")];
    let words = words.iter().chain(arguments);
    workspace.execute(python.to_str().expect("UTF-8"), words)
}

const WIDTHS: [usize; 3] = [60, 80, 200];

#[track_caller]
fn fits<'t>(lines: impl Iterator<Item = &'t str>, columns: usize) {
    for line in lines {
        assert!(line.width() <= columns, "{columns}: {line}");
    }
}

#[test]
fn drift_fits_the_terminal() {
    let examples = examples().env("NO_COLOR", "1");
    let arguments = ["drift", "--from", "policies/recorded/drifted.json"];
    for columns in WIDTHS {
        let told = at_columns(&examples, columns, &arguments)
            .expect_code(1)
            .stdout;
        let (table, _) = told.split_once("\n---").expect("a diff behind the table");
        // The names of resources are whole: they are copied.
        fits(table.lines().filter(|line| line.starts_with(' ')), columns);
        let place = "policies/train-tracker.yaml:32:24";
        assert!(table.contains(place), "{columns}: {table}");
        // Wherever there is room it is beside what it asked for.
        let beside = table
            .lines()
            .any(|line| line.contains("weakened") && line.ends_with(place));
        assert_eq!(beside, columns > 100, "{table}");
    }
}

#[test]
fn recovery_points_fit_the_terminal() {
    let examples = examples().env("NO_COLOR", "1");
    let state = "policies/recorded/points.json";
    let arguments = ["status", "policies/train-tracker.yaml", "--from", state];
    for columns in WIDTHS {
        let told = at_columns(&examples, columns, &arguments)
            .expect_code(1)
            .stdout;
        let parts: Vec<&str> = told.split("\n\n").collect();
        fits(parts[1].lines(), columns);
        for word in ["fresh", "unreadable", "growing", "automated", "replicated"] {
            assert!(
                parts[1].contains(word),
                "{columns}: {word} in\n{}",
                parts[1]
            );
        }
    }
}

#[test]
fn coverage_fits_the_terminal() {
    let workspace = coverage::sample_workspace().env("NO_COLOR", "1");
    let arguments = ["coverage", "--from", "inventory.json"];
    for columns in WIDTHS.into_iter().filter(|columns| *columns >= 80) {
        let told = at_columns(&workspace, columns, &arguments)
            .expect_code(1)
            .stdout;
        let (_, table) = told.split_once(" location ").expect("a table");
        fits(table.lines().filter(|line| line.starts_with(' ')), columns);
    }
}
