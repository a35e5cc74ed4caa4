//! Rendered units, started by systemd itself in namespaces of its own: the account, the sandbox and the
//! timer that they ask for let the scripts do their work.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Output, Postgres, rendered, root, stand_ins, tools};

const POLICY: &str = r#"version: 1
locations:
  host: { provider: host, address: db-01.internal }
  east: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }
stores:
  dumps: { at: east, storage_account: someaccount, container: dumps }
databases:
  onprem:
    engine: postgres
    at: host
    id: onprem
    tier: non_critical
    restore_test: { every: 1mo }
    dump: { to: [dumps], databases: [postgres], schedule: "daily 01:43", run_by: [systemd] }
"#;

/// It takes root, namespaces and systemd; where one of them is not to be had, systemd's own reader of the
/// units is all that judges them.
fn can_start_systemd() -> bool {
    let mut try_it = Command::new("unshare");
    try_it.args([
        "--pid",
        "--fork",
        "--mount",
        "--mount-proc",
        "--uts",
        "--ipc",
    ]);
    let layers = "mount -t tmpfs tmpfs /run && mkdir /run/u /run/w && \
        mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/u,workdir=/run/w /etc && \
        mount -t tmpfs tmpfs /sys/fs/cgroup && mkdir /sys/fs/cgroup/systemd && \
        mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd";
    try_it.args(["sh", "-c", layers]);
    let works = try_it.output().is_ok_and(|output| output.status.success());
    works && Path::new("/lib/systemd/systemd").exists()
}

#[test]
fn systemd_runs_a_dump_and_its_test_within_their_sandbox() {
    if !can_start_systemd() {
        eprintln!("not run: no systemd can be started here");
        return;
    }
    let server = Postgres::start(&["--password", "a-secret"]);
    // Not below a folder that is private to its owner.
    let given = tempfile::Builder::new().prefix("backstay-units").tempdir();
    let given = given.expect("a temporary folder can be made");
    let write = |path: &str, text: &str| {
        let path = given.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    };
    for task in ["dump", "restore-test"] {
        let script = format!("scripts/onprem-{task}.sh");
        write(&script, &rendered(POLICY, &script));
        for kind in ["service", "timer"] {
            let unit = format!("onprem-{task}.{kind}");
            write(
                &format!("units/{unit}"),
                &rendered(POLICY, &format!("systemd/{unit}")),
            );
        }
    }
    let container = "backups/az/blobs/someaccount/dumps";
    fs::create_dir_all(given.path().join(container)).expect("a folder can be made");
    write(
        "home/.pgpass",
        &format!("127.0.0.1:{}:*:postgres:a-secret\n", server.port),
    );
    let mut private = Command::new("chmod");
    Output::run(private.arg("600").arg(given.path().join("home/.pgpass"))).expect_code(0);
    // The sandbox hides where the checkout may be; the reader lays it elsewhere. The Python of these tests may be
    // hidden as well: the stand-in takes the system's.
    let seen = |path: &Path| {
        let inner = path.strip_prefix(root()).expect("it is in the checkout");
        Path::new("/opt/checkout").join(inner)
    };
    let packages = fs::read_dir(tools().join("venv/lib"))
        .expect("a folder")
        .flatten();
    let packages = packages.map(|entry| entry.path().join("site-packages"));
    let packages = packages.last().expect("the packages of the tests");
    write(
        "env",
        &format!(
            "PATH={}:{}:/usr/bin:/bin\nPYTHONPATH={}\nAZ_STAND_IN=/var/backups/backstay/az\nPGHOST=127.0.0.1\nPGPORT={}\nPGUSER=postgres\nPGSSLMODE=disable\n",
            seen(&stand_ins()).display(),
            seen(&server.bin).display(),
            seen(&packages).display(),
            server.port
        ),
    );
    let mut run = Command::new("timeout");
    run.args(["120", "bash"])
        .arg(root().join("tests/readers/systemd.bash"))
        .arg(given.path())
        .arg(root())
        .args(["onprem-dump.service", "onprem-restore-test.service"]);
    let said = Output::run(&mut run).expect_code(0).stdout;
    for unit in ["dump", "restore-test"] {
        let ended = format!("Result=success\nExecMainStatus=0\nId=onprem-{unit}.service\n");
        assert!(said.contains(&ended), "{said}");
    }
    assert!(said.contains("ActiveState=active"), "{said}");
    assert!(said.contains(" 01:43:00 UTC"), "{said}");
    let stored = said
        .lines()
        .find(|line| line.starts_with("./az/blobs/someaccount/dumps/daily/"));
    assert!(stored.is_some(), "{said}");
    let tested = said
        .lines()
        .find(|line| line.starts_with("./drills/onprem/"));
    assert!(tested.is_some(), "{said}");
}
