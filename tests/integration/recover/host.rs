//! The disaster script of a server of one's own: real dumps of one PostgreSQL server, brought to another one.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::dump::{Asks, Job, ODD, ROWS, children};
use crate::support::{Aws, Az, Output, Postgres, files};

const BLOB: &str = "at: east, storage_account: someaccount, container: dumps";
const PASSWORD: &str = r"p@ss/w0rd\x é%'";

/// Dumps in a store, and a new server.
struct Disaster {
    job: Job,
    az: Az,
    new: Postgres,
}

impl Disaster {
    fn of(databases: Vec<String>, dump: &str) -> Disaster {
        let job = Job::of(Asks {
            databases,
            dump,
            database: "tier: own\n    rpo: 24h\n    rto: 24h",
            store: BLOB,
        });
        Disaster::at(job)
    }

    fn at(job: Job) -> Disaster {
        let az = Az::new();
        az.container("someaccount", "dumps");
        for task in ["restore", "disaster"] {
            job.script(task, &[]);
        }
        // By TCP it asks for the password that the password file has.
        let new = Postgres::start(&["--password", "a-secret"]);
        let passwords = job.folder().join("passwords");
        let line = format!("127.0.0.1:{}:*:postgres:a-secret\n", new.port);
        fs::write(&passwords, line).expect("a file can be written");
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&passwords, private).expect("it has a mode");
        Disaster { job, az, new }
    }

    /// Dumps to the store. As long as earlier runs lie on the machine, a run of the same second waits for the next.
    fn dump(&self) {
        Output::run(self.az.reach(&mut self.job.script("dump", &[]))).expect_code(0);
    }

    /// The machine with its dumps is gone; the store is not.
    fn lose_the_machine(&self) {
        fs::remove_dir_all(self.job.base()).expect("it can be removed");
    }

    fn to(&self) -> String {
        format!("127.0.0.1:{}", self.new.port)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        self.new.reach(&mut command);
        self.az.reach(&mut command);
        let folder = self.job.folder();
        command
            .args(["300", "bash"])
            .arg(folder.join("onprem-disaster.sh"))
            .args(arguments)
            .env_remove("PGHOST")
            .env_remove("PGPORT")
            .env("PGSSLMODE", "disable")
            .env("PGPASSFILE", folder.join("passwords"))
            .env("BACKSTAY_DUMP_DIR", folder.join("dumps"))
            .env("BACKSTAY_STATE_DIR", folder.join("state"))
            .env("BACKSTAY_WORK_DIR", folder)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Output::run(&mut self.command(arguments))
    }

    /// With the new server and in earnest.
    fn go(&self, scenario: &[&str]) -> Output {
        let to = self.to();
        let mut arguments = scenario.to_vec();
        arguments.extend(["--go", "--to", &to]);
        self.run(&arguments)
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], message: &str) {
        let said = self.run(arguments).expect_code(1).stderr;
        assert!(said.contains(message), "{said}");
    }

    /// The newest result.
    fn result(&self) -> Value {
        let mut results = children(&self.job.folder().join("dumps/drills/onprem"));
        let text = fs::read_to_string(results.pop().expect("a result")).expect("a result");
        let outcome: Result<backstay::evidence::Outcome, _> = serde_json::from_str(&text);
        assert!(outcome.is_ok(), "{outcome:?}\n{text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// What the new server has of its own.
    fn databases(&self) -> String {
        let own = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1";
        self.new.sql("postgres", own)
    }
}

fn secret(moto: &Aws, command: &mut Command) {
    moto.reach(command)
        .env("BACKSTAY_SECRET_REGION", "eu-west-1")
        .env("BACKSTAY_CONNECTION_SECRET", "secretsmanager:shop/url");
}

#[test]
fn everything_comes_back_on_another_server_and_the_applications_find_it() {
    let names = [format!("first {ODD}"), "second=2".to_owned()];
    let disaster = Disaster::of(names.to_vec(), "format: custom, globals: true");
    let server = &disaster.job.server;
    let role = r#""host App's""#;
    server.sql(
        "postgres",
        &format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 9"),
    );
    server.sql(&names[0], &format!("ALTER TABLE bookings OWNER TO {role}"));
    disaster.dump();
    disaster.lose_the_machine();
    let to = disaster.to();

    // Without --go nothing happens, and without a secret nothing is asked of a cloud.
    let shown = disaster.run(&["primary_lost", "--to", &to]).expect_code(0);
    assert!(shown.stderr.contains("would run:"), "{}", shown.stderr);
    assert!(
        shown.stderr.contains("restoring the database second=2"),
        "{}",
        shown.stderr
    );
    assert!(
        shown.stderr.contains("ok: nothing was changed"),
        "{}",
        shown.stderr
    );
    assert_eq!(disaster.databases(), "");
    assert!(children(&disaster.job.folder().join("state")).is_empty());

    let moto = Aws::moto();
    let login = "host%20App%27s:p%40ss%2Fw0rd%5Cx%20%C3%A9%25%27";
    let url = format!("postgresql://{login}@db-01.internal:5432/second%3D2?sslmode=prefer");
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let aws = |text: &str| {
        let words = words(text);
        moto.aws(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    aws(&format!(
        "secretsmanager create-secret --region eu-west-1 --name shop/url --secret-string {url}"
    ));
    let mut go = disaster.command(&["primary_lost", "--go", "--to", &to]);
    secret(&moto, &mut go);
    let said = Output::run(&mut go).expect_code(0);
    for text in [&said.stdout, &said.stderr] {
        assert!(!text.contains("p%40ss") && !text.contains("p@ss"), "{text}");
    }
    for name in &names {
        assert_eq!(
            disaster.new.sql(name, ROWS),
            server.sql(name, ROWS),
            "{name}"
        );
    }
    let owner = "SELECT relowner::regrole FROM pg_class WHERE relname = 'bookings'";
    assert_eq!(disaster.new.sql(&names[0], owner), format!("{role}\n"));
    let kept = aws(
        "secretsmanager get-secret-value --region eu-west-1 --secret-id shop/url --query SecretString --output text",
    );
    assert_eq!(
        kept.trim_end(),
        format!("postgresql://{login}@{to}/second%3D2?sslmode=prefer")
    );
    // The password that the secret has is the role's: SCRAM's own check of it.
    let known =
        "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'host App''s'";
    assert_eq!(disaster.new.sql("postgres", known), "t\n");
    logs_in(&disaster.new, "host App's", PASSWORD);

    let result = disaster.result();
    assert_eq!(result["kind"], "disaster");
    assert_eq!(result["passed"], true, "{result}");
    assert_eq!(result["backup"]["what"], "dump");
    assert_eq!(result["backup"]["from"], "dumps");
    assert!(
        result["rpo_seconds"].as_u64().expect("seconds") < 300,
        "{result}"
    );
    assert!(result["rto_seconds"].as_u64().is_some(), "{result}");
    let left = files(disaster.job.folder());
    assert!(
        !left.iter().any(|path| path.contains("backstay-disaster")),
        "{left:?}"
    );

    let again = disaster.go(&["primary_lost"]).expect_code(0).stderr;
    assert!(
        again.contains("done before: restoring the database second=2"),
        "{again}"
    );
    let elsewhere = disaster
        .run(&["primary_lost", "--go", "--to", "127.0.0.1:1"])
        .expect_code(1)
        .stderr;
    assert!(
        elsewhere.contains(&format!("an earlier run goes to {to}")),
        "{elsewhere}"
    );
    server.sql(
        &names[0],
        &format!("ALTER TABLE bookings OWNER TO CURRENT_USER; DROP ROLE {role}"),
    );
}

/// Whether it is the role's password, and no other is.
fn logs_in(server: &Postgres, role: &str, password: &str) {
    let attempt = |password: &str| {
        let mut psql = server.client("psql");
        psql.args(["-X", "-q", "-d", "postgres", "-c", "SELECT 1"])
            .env("PGHOST", "127.0.0.1")
            .env("PGUSER", role)
            .env("PGPASSWORD", password);
        psql.output().expect("psql starts").status.success()
    };
    assert!(attempt(password));
    assert!(!attempt("another"));
}

#[test]
fn a_run_that_was_cut_off_goes_on_where_it_was() {
    let names = ["cut one".to_owned(), "cut two".to_owned()];
    let disaster = Disaster::of(names.to_vec(), "format: directory, jobs: 2");
    disaster.dump();
    disaster.lose_the_machine();
    // What is there already is never overwritten.
    disaster.new.create("cut two");
    let to = disaster.to();
    disaster.refused(
        &["region_lost", "--go", "--to", &to],
        "has databases already, and a new server has none: \"cut two\"",
    );
    let said = disaster
        .go(&["region_lost", "--again", "--force"])
        .expect_code(1)
        .stderr;
    assert!(
        said.contains("the database 'cut two' is there already"),
        "{said}"
    );
    let result = disaster.result();
    assert_eq!(result["passed"], false);
    assert_eq!(result["rto_seconds"], Value::Null);
    disaster.new.sql("postgres", "DROP DATABASE \"cut two\"");
    let said = disaster.go(&["region_lost"]).expect_code(0).stderr;
    assert!(said.contains("goes on with a run of"), "{said}");
    assert!(
        said.contains("done before: restoring the database cut one"),
        "{said}"
    );
    assert!(said.contains("done before: fetching the dump"), "{said}");
    for name in &names {
        let rows = disaster.job.server.sql(name, ROWS);
        assert_eq!(disaster.new.sql(name, ROWS), rows, "{name}");
    }
    assert_eq!(disaster.result()["passed"], true);
}

#[test]
fn what_is_not_lost_is_not_replaced_and_what_cannot_be_is_said_first() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let dump = format!("format: custom, endpoint: \"127.0.0.1:{port}\"");
    let disaster = Disaster::of(vec!["still there".to_owned()], &dump);
    let to = disaster.to();
    let said = disaster
        .run(&["primary_lost", "--go", "--to", &to])
        .expect_code(3)
        .stderr;
    assert!(
        said.contains(&format!("127.0.0.1:{port} answers: nothing was done")),
        "{said}"
    );
    drop(listener);
    disaster.refused(&["primary_lost"], "say the new server with --to");
    disaster.refused(
        &["primary_lost", "--to", "-oProxy"],
        "say the new server with --to",
    );
    disaster.refused(
        &["primary_lost", "--to", &to, "--by", "geo"],
        "has these ways: dump:dumps",
    );
    disaster.refused(
        &["data_corrupted", "--to", &to],
        "say the last good moment with --time",
    );
    disaster.refused(
        &["data_corrupted", "--to", &to, "--time", "$(id)"],
        "is no moment",
    );
    disaster.refused(
        &["primary_lost", "--to", "127.0.0.1:1"],
        "does not take this login",
    );
    // Nothing was ever dumped.
    disaster.refused(
        &["primary_lost", "--go", "--again", "--to", &to],
        "dumps has no dump",
    );
    assert_eq!(disaster.result()["passed"], false);
    assert_eq!(disaster.databases(), "");
}

#[test]
fn corrupted_data_comes_back_as_it_was_and_nobody_is_sent_there() {
    let disaster = Disaster::of(vec!["corrupt".to_owned()], "format: custom");
    let good = disaster.job.server.sql("corrupt", ROWS);
    disaster.dump();
    let list = |disaster: &Disaster| {
        let mut list = disaster.job.script("restore", &["list", "--from", "dumps"]);
        Output::run(disaster.az.reach(&mut list))
            .expect_code(0)
            .stdout
    };
    let stamp = list(&disaster)[..16].to_owned();
    disaster
        .job
        .server
        .sql("corrupt", "UPDATE trains SET name = 'gone'");
    disaster.dump();
    disaster.lose_the_machine();
    assert!(list(&disaster).lines().any(|line| line[..16] > *stamp));
    let moment = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &stamp[..4],
        &stamp[4..6],
        &stamp[6..8],
        &stamp[9..11],
        &stamp[11..13],
        &stamp[13..15]
    );
    let moto = Aws::moto();
    let to = disaster.to();
    let mut go = disaster.command(&["data_corrupted", "--go", "--to", &to, "--time", &moment]);
    secret(&moto, &mut go);
    let said = Output::run(&mut go).expect_code(0).stderr;
    assert!(!said.contains("names"), "{said}");
    assert_eq!(disaster.new.sql("corrupt", ROWS), good);
    let result = disaster.result();
    assert_eq!(result["backup"]["run"], json!(stamp));
    assert_eq!(result["rpo_seconds"], 0);

    // What is left after an intruder is read back, and damage is told.
    let said = disaster
        .run(&["backup_deleted", "--go"])
        .expect_code(0)
        .stderr;
    assert!(said.contains("is fetched and verified"), "{said}");
    assert!(said.contains("next: a fresh dump"), "{said}");
    let container = disaster.az.container("someaccount", "dumps");
    for path in files(&container)
        .iter()
        .filter(|path| path.ends_with(".dump"))
    {
        fs::write(container.join(path), "damaged").expect("it can be written");
    }
    let said = disaster
        .run(&["backup_deleted", "--go", "--again"])
        .expect_code(1)
        .stderr;
    assert!(
        said.contains("FAILED while reading back the newest"),
        "{said}"
    );
}

#[test]
fn a_whole_server_comes_back_on_another_one() {
    let server = std::sync::Arc::new(Postgres::start(&[]));
    server.create("of the cluster");
    server.sql(
        "of the cluster",
        "CREATE TABLE t AS SELECT generate_series(1, 99) AS id",
    );
    let disaster = Disaster::at(Job::at(
        server,
        Asks {
            databases: vec![],
            dump: "cluster: true",
            database: "tier: own",
            store: BLOB,
        },
    ));
    disaster.dump();
    disaster.lose_the_machine();
    disaster.go(&["region_lost"]).expect_code(0);
    assert_eq!(
        disaster.new.sql("of the cluster", "SELECT count(*) FROM t"),
        "99\n"
    );
}
