//! What can happen to a dump on its way: whatever it is, no file looks like a backup that is none, and
//! no backup is lost.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{Asks, Job, children};
use crate::support::{Output, wait_for};

/// Whoever holds a table keeps a dump waiting, for as long as a test needs it.
pub struct Holder(Child);

impl Holder {
    pub fn of(job: &Job) -> Holder {
        let mut holder = job
            .server
            .client("psql")
            .args(["-X", "-q", "-A", "-t"])
            .env("PGDATABASE", job.database())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql starts");
        let hold = holder.stdin.as_mut().expect("its input is a pipe");
        writeln!(hold, "BEGIN; LOCK TABLE trains; SELECT 'held';").expect("psql listens");
        let mut held = String::new();
        let answers = holder.stdout.as_mut().expect("its output is a pipe");
        BufReader::new(answers)
            .read_line(&mut held)
            .expect("psql answers");
        assert_eq!(held, "held\n");
        Holder(holder)
    }

    pub fn release(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("psql ends with its input");
    }
}

fn partial(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "partial")
}

/// A dump that has begun and cannot end.
pub fn begun(job: &Job) -> Child {
    let mut command = job.script("dump", &["dump"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = child.spawn().expect("bash starts");
    wait_for("the run to begin", || {
        let begun = |path: &PathBuf| partial(path) && !children(path).is_empty();
        let base = job.base();
        let found = base.exists().then(|| children(&base))?;
        found.iter().any(begun).then_some(())
    });
    child
}

#[test]
fn of_two_runs_at_once_one_does_nothing() {
    let job = Job::new("two", "custom");
    let holder = Holder::of(&job);
    let first = begun(&job);
    let second = job.run(&["dump"]).expect_code(75);
    assert!(
        second.stderr.contains("another run is active"),
        "{}",
        second.stderr
    );
    assert!(job.runs().is_empty(), "{:?}", job.runs());
    holder.release();
    Output::of(first.wait_with_output().expect("bash ends")).expect_code(0);
    job.verify(&job.only_run()).expect_code(0);
}

/// Killed with all that it has started, as by the kernel: no trap runs.
#[test]
fn a_killed_dump_leaves_nothing_that_looks_complete() {
    let job = Job::new("killed", "directory");
    let holder = Holder::of(&job);
    let mut killed = begun(&job);
    // timeout leads the process group of the script.
    let group = format!("-{}", killed.id());
    let kill = Command::new("kill").args(["-KILL", "--", &group]).output();
    Output::of(kill.expect("kill starts")).expect_code(0);
    killed.wait().expect("it ends");
    holder.release();

    assert!(job.runs().is_empty(), "{:?}", job.runs());
    let left = children(&job.base());
    let left = left.iter().find(|path| partial(path));
    let left = left.expect("what it had begun is still there").clone();
    job.verify(&left).expect_code(1);
    job.run(&["upload"]).expect_code(1);

    // The lock went with it, and so does what it left.
    job.dump();
    assert!(!left.exists());
}

/// Ended as by whoever stops the machine.
#[test]
fn a_dump_that_is_ended_cleans_up() {
    let job = Job::new("ended", "custom");
    let holder = Holder::of(&job);
    let ended = begun(&job);
    let group = format!("-{}", ended.id());
    let kill = Command::new("kill").args(["-TERM", "--", &group]).output();
    Output::of(kill.expect("kill starts")).expect_code(0);
    let ended = ended.wait_with_output().expect("it ends");
    holder.release();
    let left = children(&job.base());
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!left.iter().any(|path| partial(path)), "{left:?}: {said}");
    assert!(job.runs().is_empty(), "{:?}", job.runs());
}

/// On a file system of its own, in a mount namespace of its own, so that nobody else sees it.
#[test]
fn a_full_disk_is_a_failure_and_costs_no_backup() {
    let job = Job::new("full", "custom");
    let can = |namespace: &&&[&str]| {
        let tried = Command::new("unshare")
            .args(**namespace)
            .arg("true")
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    // Root makes one as itself; anybody else as root of a name space of users.
    let namespaces: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let Some(namespace) = namespaces.iter().find(can) else {
        eprintln!("skipped: no mount namespace can be made here, and so no small file system");
        return;
    };
    let dump = job.script("dump", &["dump"]);
    let program = dump.get_program().to_owned();
    let arguments: Vec<_> = dump.get_args().map(ToOwned::to_owned).collect();
    // The first run fits; what a second one needs is taken, all but a little.
    let both = r#"mount -t tmpfs -o size=4m none "$BACKSTAY_DUMP_DIR"
        "$@"
        first=$(ls "$BACKSTAY_DUMP_DIR"/onprem)
        head -c 4m /dev/zero >"$BACKSTAY_DUMP_DIR"/taken 2>/dev/null || true
        truncate -s -20k "$BACKSTAY_DUMP_DIR"/taken
        code=0
        "$@" || code=$?
        ls -A "$BACKSTAY_DUMP_DIR"/onprem
        bash "$SCRIPT" verify "$BACKSTAY_DUMP_DIR/onprem/$first" || code=9
        exit "$code""#;
    let folder = job.folder().join("dumps");
    fs::create_dir(&folder).expect("a folder can be made");
    let mut command = Command::new("unshare");
    job.server.reach(&mut command);
    let output = command
        .args(*namespace)
        .args(["bash", "-euc", both, "bash"])
        .arg(program)
        .args(arguments)
        .env("BACKSTAY_DUMP_DIR", &folder)
        .env("SCRIPT", job.folder().join("onprem-dump.sh"))
        .output();
    let output = Output::of(output.expect("unshare starts")).expect_code(1);
    assert!(
        output.stderr.contains("No space left on device"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("FAILED while dumping"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("is whole"), "{}", output.stderr);
    // The lock and the first run.
    assert_eq!(output.stdout.lines().count(), 2, "{}", output.stdout);
}

/// However old all of them are, and even where the newest cannot be trusted any more.
#[test]
fn a_prune_keeps_the_last_good_run() {
    let job = Job::of(Asks {
        store: "at: east, storage_account: someaccount, container: dumps",
        ..Asks::of("prune")
    });
    let az = crate::support::Az::new();
    az.container("someaccount", "dumps");
    let upload = || {
        let mut command = job.script("dump", &["upload"]);
        Output::run(az.reach(&mut command))
    };
    let run = job.dump();
    let aged: Vec<PathBuf> = ["20200101T000000Z", "20200102T000000Z"]
        .map(|stamp| job.base().join(stamp))
        .into();
    let mut copy = Command::new("cp");
    Output::run(copy.arg("-a").arg(&run).arg(&aged[0])).expect_code(0);
    fs::rename(&run, &aged[1]).expect("a run can be renamed");

    // The newest is damaged: nothing goes.
    let database = super::archive(&aged[1], job.database());
    let whole = fs::read(&database).expect("the archive can be read");
    fs::write(&database, &whole[1..]).expect("the archive can be written");
    let output = upload().expect_code(1);
    assert!(
        output.stderr.contains("the checksums of"),
        "{}",
        output.stderr
    );
    assert_eq!(job.runs(), aged);

    // It is whole again: the other goes, and it stays.
    fs::write(&database, &whole).expect("the archive can be written");
    upload().expect_code(0);
    assert_eq!(job.runs(), aged[1..]);
}
