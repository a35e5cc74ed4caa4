//! How a dump reaches its server: passwords, service files, endpoints; and whom it calls when all went
//! well.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::{Asks, Job};
use crate::support::{Aws, Output, Postgres, rendered};

/// A file of the test's own that others may read, or not.
fn file(job: &Job, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = job.folder().join(name);
    fs::write(&path, text).expect("a file can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it has a mode");
    path
}

#[test]
fn passwords_come_from_a_password_file_and_servers_from_a_service_file() {
    let server = Arc::new(Postgres::start(&["--password", "a-secret"]));
    let port = server.port.clone();
    let job = Job::at(server, Asks::of("password"));
    let dump = |passfile: &Path, reach: &[(&str, &str)]| {
        let mut command = job.script("dump", &["dump"]);
        let command = command.env_remove("PGHOST").env_remove("PGPORT");
        let command = command.env_remove("PGUSER").env("PGPASSFILE", passfile);
        Output::run(command.envs(reach.iter().copied()))
    };
    let direct = [
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", &*port),
        ("PGUSER", "postgres"),
    ];
    let line = format!("127.0.0.1:{port}:*:postgres:a-secret\n");

    let open = file(&job, "open", &line, 0o644);
    let output = dump(&open, &direct).expect_code(1);
    assert!(
        output.stderr.contains("is open to others: chmod 600"),
        "{}",
        output.stderr
    );
    let output = dump(&job.folder().join("absent"), &direct).expect_code(1);
    assert!(
        output.stderr.contains("absent cannot be read"),
        "{}",
        output.stderr
    );
    let wrong = file(&job, "wrong", &line.replace("a-secret", "another"), 0o600);
    let output = dump(&wrong, &direct).expect_code(1);
    assert!(
        output.stderr.contains("password authentication failed"),
        "{}",
        output.stderr
    );
    assert!(job.runs().is_empty(), "{:?}", job.runs());

    let right = file(&job, "right", &line, 0o600);
    dump(&right, &direct).expect_code(0);
    let service = format!("[trains]\nhost=127.0.0.1\nport={port}\nuser=postgres\n");
    let service = file(&job, "service", &service, 0o600);
    let service = service.to_string_lossy();
    dump(
        &right,
        &[("PGSERVICE", "trains"), ("PGSERVICEFILE", &service)],
    )
    .expect_code(0);
    assert_eq!(job.runs().len(), 2);
}

/// The server is newer than the clients: nothing of it is dumped.
#[test]
fn a_client_that_is_older_than_the_server_is_refused() {
    let newer = Arc::new(Postgres::start(&["--version", "18"]));
    let job = Job::at(newer.clone(), Asks::of("newer"));
    let older = Postgres::shared();
    let mut command = job.script("dump", &["dump"]);
    older.reach(&mut command);
    command.env("BACKSTAY_DUMP_DIR", job.folder().join("dumps"));
    command
        .env("PGHOST", &newer.host)
        .env("PGPORT", &newer.port);
    let output = Output::run(&mut command).expect_code(1);
    assert!(
        output.stderr.contains("install a newer client"),
        "{}",
        output.stderr
    );
    assert!(job.runs().is_empty(), "{:?}", job.runs());
    // Its own clients dump it.
    job.dump();
}

const RDS: &str = "version: 1
locations:
  eu: { provider: aws, region: eu-west-1, account: \"123456789012\" }
stores:
  dumps: { at: eu, bucket: company-dumps }
databases:
  orders: { engine: rds_postgres, at: eu, id: Orders-Prod, dump: { to: [dumps], databases: [endpoint], schedule: \"daily 01:43\" } }
";

/// AWS tells the host and the port; where the host is, is for this test to say.
#[test]
fn the_endpoint_of_an_rds_instance_is_asked_for() {
    let job = Job::of(Asks {
        databases: vec!["endpoint".to_owned()],
        ..Asks::of("endpoint")
    });
    let aws = Aws::moto();
    let script = |policy: &str| {
        let path = job.folder().join("orders-dump.sh");
        fs::write(&path, rendered(policy, "scripts/orders-dump.sh")).expect("it can be written");
        let mut command = Command::new("bash");
        aws.reach(job.server.reach(&mut command))
            .arg(path)
            .arg("dump")
            .env_remove("PGHOST")
            .env("PGSSLMODE", "disable")
            .env("PGHOSTADDR", "127.0.0.1")
            .env("BACKSTAY_DUMP_DIR", job.folder().join("rds"));
        Output::run(&mut command)
    };
    let output = script(RDS).expect_code(1);
    assert!(
        output.stderr.contains("AWS does not tell the endpoint"),
        "{}",
        output.stderr
    );

    let instance = [
        ("Action", "CreateDBInstance"),
        ("DBInstanceIdentifier", "orders-prod"),
        ("DBInstanceClass", "db.t4g.medium"),
        ("Engine", "postgres"),
        ("AllocatedStorage", "20"),
        ("MasterUsername", "postgres"),
        ("MasterUserPassword", "very-secret"),
        ("Port", &job.server.port),
    ];
    aws.query("rds", "eu-west-1", &instance);
    let output = script(&RDS.replace("123456789012", "210987654321")).expect_code(1);
    assert!(
        output.stderr.contains("this is not the policy's instance"),
        "{}",
        output.stderr
    );
    script(RDS).expect_code(0);

    // An endpoint of the policy is taken without a question.
    let known = RDS.replace(
        "databases: [endpoint]",
        "databases: [endpoint], endpoint: known.example",
    );
    let text = rendered(&known, "scripts/orders-dump.sh");
    assert!(text.contains("[PGHOST]=known.example"), "{text}");
    assert!(!text.contains("describe-db-instances"), "{text}");
}

/// Answers as many requests as it has answers, and returns the first line of each.
fn listen(answers: Vec<&'static str>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let thread = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("someone calls");
            let mut request = [0; 4096];
            let length = stream.read(&mut request).expect("they ask");
            let request = String::from_utf8_lossy(&request[..length]);
            asked.push(request.lines().next().unwrap_or_default().to_owned());
            let answer =
                format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("they listen");
        }
        asked
    });
    (format!("http://{address}/ping/a-secret"), thread)
}

#[test]
fn a_heartbeat_follows_a_dump_and_never_fails_it() {
    let job = Job::of(Asks {
        store: "at: east, storage_account: someaccount, container: dumps",
        dump: "format: custom, heartbeat: \"https://beat.example/onprem\"",
        ..Asks::of("heartbeat")
    });
    let az = crate::support::Az::new();
    az.container("someaccount", "dumps");
    let run = |url: &str| {
        let mut command = job.script("dump", &[]);
        az.reach(&mut command).env("BACKSTAY_HEARTBEAT_URL", url);
        Output::run(&mut command)
    };
    // One that is busy is asked again.
    let (url, server) = listen(vec!["503 Service Unavailable", "200 OK"]);
    let output = run(&url).expect_code(0);
    assert!(!output.stderr.contains("a-secret"), "{}", output.stderr);
    let asked = server.join().expect("the server ends");
    assert_eq!(asked, ["GET /ping/a-secret HTTP/1.1"; 2]);

    let (url, server) = listen(vec!["404 Not Found"]);
    let output = run(&url).expect_code(0);
    assert!(
        output
            .stderr
            .contains("the heartbeat did not take the call"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.ends_with("in every store\n"),
        "{}",
        output.stderr
    );
    server.join().expect("the server ends");

    // A dump that fails calls nobody: nobody listens, and it would say so.
    let mut command = job.script("dump", &["dump"]);
    command
        .env("PGPORT", "1")
        .env("BACKSTAY_HEARTBEAT_URL", "http://127.0.0.1:1/");
    let output = Output::run(&mut command).expect_code(1);
    assert!(!output.stderr.contains("heartbeat"), "{}", output.stderr);
    let text = rendered(
        &RDS.replace(
            "databases: [endpoint]",
            "databases: [endpoint], heartbeat: \"https://beat.example/x\"",
        ),
        "scripts/orders-dump.sh",
    );
    assert!(
        text.contains("HEARTBEAT=https://beat.example/x\n"),
        "{text}"
    );
}
