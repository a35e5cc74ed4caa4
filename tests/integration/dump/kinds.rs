//! Each kind of dump: parts, chosen tables, compressions, the whole server, and what the manifest says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use rstest::rstest;
use serde_json::json;

use super::failures::{Holder, begun};
use super::{Asks, Job, ROWS, archive, manifest, restore};
use crate::support::{Output, Postgres, path_variable, wait_for};

fn count(job: &Job, database: &str) -> String {
    let counts = "SELECT (SELECT count(*) FROM trains), (SELECT count(*) FROM bookings)";
    job.server.sql(database, counts)
}

#[rstest]
#[case::custom("custom")]
#[case::directory("directory")]
#[case::plain("plain")]
fn a_schema_and_its_data_are_the_database(#[case] format: &str) {
    let schema = format!("only: schema, format: {format}");
    let schema = Job::of(Asks {
        dump: &schema,
        ..Asks::of(&format!("schema {format}"))
    });
    let run = schema.dump();
    assert_eq!(manifest(&run)["only"], "schema");
    let again = format!("{} again", schema.database());
    schema.server.create(&again);
    restore(&schema, &run, schema.database(), &again);
    assert_eq!(count(&schema, &again), "0|0\n");

    // Into that schema goes the data of the same database.
    let data = format!("only: data, format: {format}");
    let data = Job::of(Asks {
        dump: &data,
        ..Asks::of(&format!("data {format}"))
    });
    let run = data.dump();
    restore(&data, &run, data.database(), &again);
    let rows = data.server.sql(data.database(), ROWS);
    assert_eq!(data.server.sql(&again, ROWS), rows);
}

#[test]
fn chosen_tables_are_dumped_alone_and_none_may_be_missing() {
    let names = ["chosen", r#"chosen "2""#].map(str::to_owned);
    let tables =
        r#"tables: ["chosen.public.\"Odd.* \"\"$x\"\"\"", "\"chosen \"\"2\"\"\".public.trains"]"#;
    let job = Job::of(Asks {
        databases: names.clone().into(),
        dump: tables,
        ..Asks::of("chosen")
    });
    let output = job.run(&["dump"]).expect_code(1);
    assert!(
        output.stderr.contains("no matching tables were found"),
        "{}",
        output.stderr
    );
    assert!(job.runs().is_empty(), "{:?}", job.runs());

    let odd = r#"CREATE TABLE "Odd.* ""$x""" (n serial PRIMARY KEY); INSERT INTO "Odd.* ""$x""" DEFAULT VALUES"#;
    job.server.sql("chosen", odd);
    // A pattern would take this one as well.
    job.server
        .sql("chosen", r#"CREATE TABLE "Odd_x ""$x""" (n int)"#);
    let run = job.dump();
    let tables = "SELECT string_agg(relname, ',') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    for (name, expected) in [(&names[0], "Odd.* \"$x\"\n"), (&names[1], "trains\n")] {
        let again = format!("{name} again");
        job.server.create(&again);
        restore(&job, &run, name, &again);
        assert_eq!(job.server.sql(&again, tables), expected);
    }
    let next = job.server.sql(
        "chosen again",
        r#"INSERT INTO "Odd.* ""$x""" DEFAULT VALUES RETURNING n"#,
    );
    assert_eq!(next, "2\n");
}

/// What pg_dump says of its archive, and what the manifest does.
fn compressed(job: &Job) -> (String, String) {
    let run = job.dump();
    let mut list = job.server.client("pg_restore");
    let list = Output::run(list.arg("--list").arg(archive(&run, job.database())));
    let list = list.expect_code(0).stdout;
    let line = list
        .lines()
        .find_map(|line| line.split("Compression: ").nth(1));
    let said = manifest(&run)["compression"].as_str().map(str::to_owned);
    (
        line.expect("a compression").to_owned(),
        said.expect("a text"),
    )
}

#[rstest]
#[case::level("gzip:9", "gzip", "gzip:9")]
#[case::none("none", "none", "none")]
#[case::not_built_in("zstd:3", "gzip", "gzip")]
fn compression_is_what_the_client_can(#[case] asked: &str, #[case] used: &str, #[case] said: &str) {
    let dump = format!("format: custom, compression: \"{asked}\"");
    let job = Job::of(Asks {
        dump: &dump,
        ..Asks::of(&format!("compression {asked}"))
    });
    assert_eq!(compressed(&job), (used.to_owned(), said.to_owned()));
}

/// Before version 16 pg_dump knew levels only, and said so in these words.
#[test]
fn an_older_client_is_given_the_level_alone() {
    let job = Job::of(Asks {
        dump: "format: custom, compression: \"gzip:7\"",
        ..Asks::of("older")
    });
    let older = job.folder().join("older");
    fs::create_dir(&older).expect("a folder can be made");
    let text = format!(
        "#!/bin/bash\nfor word; do case $word in --compress=*[!0-9]*)\n\
         echo \"pg_dump: error: invalid value \\\"${{word#*=}}\\\" for option -Z/--compress\" >&2; exit 1 ;; esac; done\n\
         exec '{}' \"$@\"\n",
        job.server.bin.join("pg_dump").display()
    );
    let program = older.join("pg_dump");
    fs::write(&program, text).expect("a program can be written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it can be run");
    let mut command = job.script("dump", &["dump"]);
    let venv = crate::support::tools().join("venv/bin");
    command.env("PATH", path_variable(&[&older, &job.server.bin, &venv]));
    Output::run(&mut command).expect_code(0);
    assert_eq!(manifest(&job.only_run())["compression"], "7");
}

/// Two whole servers: nothing of one is in the other but what the dump holds.
#[test]
fn a_whole_server_comes_back_from_one_file() {
    let server = Arc::new(Postgres::start(&[]));
    let asks = Asks {
        dump: "cluster: true, format: custom",
        ..Asks::of("cluster")
    };
    let job = Job::at(server.clone(), asks);
    server.sql(
        "postgres",
        r#"CREATE ROLE "An Owner" LOGIN PASSWORD 'a-secret'"#,
    );
    let owner = r#"ALTER TABLE bookings OWNER TO "An Owner""#;
    server.sql(job.database(), owner);
    let run = job.dump();
    job.verify(&run).expect_code(0);
    let said = manifest(&run);
    assert_eq!(said["cluster"], json!(true));
    assert!(
        said["system_identifier"]
            .as_str()
            .is_some_and(|it| it.len() > 10),
        "{said}"
    );

    let file = run.join("cluster.sql.gz");
    let text = Output::run(std::process::Command::new("gzip").arg("-dc").arg(&file));
    let text = text.expect_code(0).stdout;
    assert!(
        !text.contains("SCRAM-SHA-256$"),
        "a hash of a password is in the dump"
    );

    let other = Arc::new(Postgres::start(&[]));
    let rows = server.sql(job.database(), ROWS);
    let said = Output::run(
        other
            .reach(&mut std::process::Command::new("bash"))
            .args([
                "-euo",
                "pipefail",
                "-c",
                r#"gzip -dc "$1" | psql -X -q -d postgres >/dev/null"#,
                "bash",
            ])
            .arg(&file),
    );
    let refused = said
        .stderr
        .lines()
        .all(|line| line.ends_with("role \"postgres\" already exists"));
    assert!(refused, "{}", said.stderr);
    assert_eq!(other.sql(job.database(), ROWS), rows);
    let owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'bookings'";
    assert_eq!(other.sql(job.database(), owner), "An Owner\n");
}

#[test]
fn a_manifest_says_what_was_dumped_from_what() {
    let job = Job::of(Asks {
        dump: "globals: true, format: directory, jobs: 2",
        ..Asks::of("manifest")
    });
    job.server.sql(job.database(), "ANALYZE");
    let run = job.dump();
    let said = manifest(&run);
    let version = job.server.sql("postgres", "SHOW server_version");
    assert_eq!(said["server_version"], version.trim());
    assert_eq!(said["client_version"], version.trim());
    assert_eq!(said["name"], "onprem");
    assert_eq!(said["only"], "");
    let database = &said["databases"][0];
    assert_eq!(database["name"], job.database());
    assert_eq!(database["rows_estimate"], json!(4000 + 1333));
    assert_eq!(database["encoding"], "UTF8");
    assert_eq!(database["collate"], "C");
    assert!(
        database["database_bytes"].as_u64() > Some(1_000_000),
        "{database}"
    );
    let files = said["files"].as_array().expect("a list");
    let sizes: u64 = files.iter().filter_map(|file| file["bytes"].as_u64()).sum();
    assert_eq!(said["bytes"], json!(sizes));
    for file in files {
        let path = run.join(file["path"].as_str().expect("a path"));
        let size = fs::metadata(&path).expect("it is there").len();
        assert_eq!(file["bytes"], json!(size), "{}", path.display());
    }
}

/// What is written after the dump has begun is neither in the archive nor in the checksum.
#[test]
fn a_checksum_is_of_the_very_rows_that_are_dumped() {
    let sum = "SELECT count(*), md5(string_agg(b::text, '-' ORDER BY train)) FROM bookings b";
    let database = format!("restore_test: {{ checksums: {{ \"checked 'x'\": \"{sum}\" }} }}");
    let job = Job::of(Asks {
        databases: vec!["checked 'x'".to_owned()],
        database: &database,
        ..Asks::of("checked")
    });
    let before = job.server.sql(job.database(), sum);
    let holder = Holder::of(&job);
    let run = begun(&job);
    let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = 'checked ''x''' \
                 AND wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'";
    wait_for("pg_dump to wait for the table", || {
        (job.server.sql("postgres", waits) == "1\n").then_some(())
    });
    let late = "DELETE FROM bookings WHERE train < 100";
    job.server.sql(job.database(), late);
    holder.release();
    Output::of(run.wait_with_output().expect("bash ends")).expect_code(0);

    let run = job.only_run();
    let again = format!("{} again", job.database());
    job.server.create(&again);
    restore(&job, &run, job.database(), &again);
    assert_eq!(job.server.sql(&again, sum), before);
    let hash = |text: &str| {
        let mut sha256 = std::process::Command::new("bash");
        let sha256 = sha256.args(["-c", r#"printf '%s' "$1" | sha256sum"#, "bash", text]);
        Output::run(sha256).expect_code(0).stdout[..64].to_owned()
    };
    // With tabs between its fields, as a query of the script has them.
    let said = &manifest(&run)["databases"][0];
    assert_eq!(said["checksum"], hash(&before.replace('|', "\t")));
    assert_eq!(said["checksum_query"], hash(sum));
}
