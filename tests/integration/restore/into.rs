//! Into databases that are there: with a word of confirmation, all or nothing, and never over the source.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;

use super::{answered, databases, restore, rich, stamp, sums};
use crate::dump::{Asks, Job, ROWS};
use crate::support::Postgres;

#[test]
fn cleaning_brings_a_copy_back_and_spares_the_source() {
    let job = rich("clean", "custom");
    job.dump();
    let expected = sums(&job.server, job.database());
    restore(&job, &["--into", "clean copy"]).expect_code(0);
    let change = "DELETE FROM alone WHERE id > 5; UPDATE z_customers SET name = 'new ' || id; CREATE TABLE beside (n int)";
    job.server.sql("clean copy", change);
    let changed = sums(&job.server, "clean copy");

    let clean = ["--clean", "--into", "clean copy"];
    for answer in ["", "yes", "clean"] {
        let said = answered(&job, &clean, answer).expect_code(1).stderr;
        assert!(
            said.contains("not confirmed: nothing was changed"),
            "{said}"
        );
    }
    assert_eq!(sums(&job.server, "clean copy"), changed);
    answered(&job, &clean, "clean copy").expect_code(0);
    let beside = sums(&job.server, "clean copy");
    let restored: Vec<_> = beside
        .lines()
        .filter(|line| !line.contains("beside"))
        .collect();
    assert_eq!(restored, expected.lines().collect::<Vec<_>>());

    // What others depend on cannot be dropped: everything stays.
    job.server.sql(
        "clean copy",
        "CREATE VIEW needs AS SELECT * FROM alone; DELETE FROM parts",
    );
    let before = sums(&job.server, "clean copy");
    let said = answered(&job, &clean, "clean copy").expect_code(1).stderr;
    assert!(said.contains("other objects depend on it"), "{said}");
    assert_eq!(sums(&job.server, "clean copy"), before);

    let own = job.database();
    let said = restore(&job, &["--clean", "--into", own, "--yes"])
        .expect_code(1)
        .stderr;
    assert!(
        said.contains("this is the database that was dumped"),
        "{said}"
    );
    assert_eq!(sums(&job.server, own), expected);
    job.server.sql("postgres", "DROP DATABASE \"clean copy\"");
}

/// A table that somebody has dropped comes back into the database that it was dropped from.
#[test]
fn a_lost_table_is_added_to_its_database() {
    let job = rich("lost", "custom");
    job.dump();
    let own = job.database();
    let expected = sums(&job.server, own);
    job.server.sql(own, "DROP TABLE alone");
    let add = ["--add", "--into", own, "--table", "alone"];
    let said = answered(&job, &add, "no").expect_code(1).stderr;
    assert!(said.contains("not confirmed"), "{said}");
    let said = answered(&job, &add, own).expect_code(0).stderr;
    // The key is of a table that was not asked for.
    assert!(
        said.contains("FK CONSTRAINT alone alone_other_fkey"),
        "{said}"
    );
    assert_eq!(sums(&job.server, own), expected);
    let said = answered(&job, &add, own).expect_code(1).stderr;
    assert!(said.contains("already exists"), "{said}");
}

#[test]
fn a_replaced_database_keeps_its_rows_under_another_name() {
    let job = rich("replace", "custom");
    let run = job.dump();
    let own = job.database().to_owned();
    let expected = sums(&job.server, &own);
    job.server.sql(&own, "DELETE FROM alone");
    let damaged = sums(&job.server, &own);

    // Somebody is connected, and idle.
    let mut user = job
        .server
        .client("psql")
        .args(["-X", "-q", "-A", "-t"])
        .env("PGDATABASE", &own)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("psql starts");
    let input = user.stdin.as_mut().expect("its input is a pipe");
    writeln!(input, "SELECT 'here';").expect("psql listens");
    let mut here = String::new();
    let answers = user.stdout.as_mut().expect("its output is a pipe");
    BufReader::new(answers)
        .read_line(&mut here)
        .expect("psql answers");
    assert_eq!(here, "here\n");

    let replace = ["--replace", &own];
    let said = answered(&job, &replace, "").expect_code(1).stderr;
    assert!(said.contains("not confirmed"), "{said}");
    assert_eq!(sums(&job.server, &own), damaged);
    answered(&job, &replace, &own).expect_code(0);
    drop(user.stdin.take());
    user.wait().expect("psql ends");

    let mut kept = own.len().min(39);
    while !own.is_char_boundary(kept) {
        kept -= 1;
    }
    let before = format!("{}_before_{}", &own[..kept], stamp(&run));
    let mut both = vec![own.clone(), before.clone()];
    both.sort();
    assert_eq!(databases(&job.server, "replace"), both);
    assert_eq!(sums(&job.server, &own), expected);
    assert_eq!(sums(&job.server, &before), damaged);
}

/// The roles of the one server, then the whole of it, in another one.
#[test]
fn roles_and_whole_servers_come_back() {
    let own = Arc::new(Postgres::start(&[]));
    let source = Job::at(
        own.clone(),
        Asks {
            dump: "format: custom, globals: true, cluster: true",
            ..Asks::of("server")
        },
    );
    let roles = r#"CREATE ROLE "Odd Role" LOGIN CONNECTION LIMIT 7 PASSWORD 'a-secret'; CREATE ROLE readers; GRANT readers TO "Odd Role""#;
    own.sql("postgres", roles);
    own.sql(
        source.database(),
        r#"ALTER TABLE bookings OWNER TO "Odd Role""#,
    );
    source.dump();
    let rows = own.sql(source.database(), ROWS);

    let other = Postgres::start(&[]);
    let elsewhere = |arguments: &[&str]| {
        let mut command = source.script("restore", arguments);
        command
            .env("PGHOST", &other.host)
            .env("PGPORT", &other.port);
        crate::support::Output::run(&mut command)
    };
    let asked = r#"SELECT rolcanlogin, rolconnlimit, rolpassword IS NULL, pg_has_role('Odd Role', 'readers', 'member') FROM pg_authid WHERE rolname = 'Odd Role'"#;
    let said = elsewhere(&["--globals"]).expect_code(1).stderr;
    assert!(said.contains("not confirmed"), "{said}");
    elsewhere(&["--globals", "--yes"]).expect_code(0);
    assert_eq!(other.sql("postgres", asked), "t|7|t|t\n");

    elsewhere(&["--cluster", "--yes"]).expect_code(0);
    assert_eq!(other.sql(source.database(), ROWS), rows);
    let said = elsewhere(&["--cluster", "--yes"]).expect_code(1).stderr;
    assert!(said.contains("this server has databases already"), "{said}");
}
