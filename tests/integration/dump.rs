//! The rendered dump script against a real PostgreSQL server: what it has dumped can be restored, and
//! what cannot be restored does not pass for a dump.

mod accounts;
mod failures;
mod job;
mod kinds;
mod reach;
mod stores;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use job::{Asks, Job, ODD, ROWS, archive, children, manifest};

use crate::support::Output;

/// The largest file with rows in it: the archive, or in a directory archive the larger table's.
fn rows_file(run: &Path) -> PathBuf {
    let mut files = children(run);
    if let Some(archive) = files
        .iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "dir"))
    {
        files = children(archive);
    }
    let size = |path: &PathBuf| fs::metadata(path).map_or(0, |file| file.len());
    files.into_iter().max_by_key(size).expect("a run has files")
}

/// Makes the checksums fit again, so that only who reads the archives sees the damage.
fn refresh_checksums(run: &Path) {
    let refresh = "cut -c67- SHA256SUMS | xargs sha256sum >new && mv new SHA256SUMS && sha256sum --check --quiet SHA256SUMS";
    let output = Command::new("bash")
        .args(["-euc", refresh])
        .current_dir(run)
        .output();
    Output::of(output.expect("bash starts")).expect_code(0);
}

/// Feeds a compressed file of statements to psql; what psql says of those that fail.
fn replay(job: &Job, file: &Path, database: &str, on_error_stop: &str) -> Output {
    let mut command = Command::new("bash");
    job.server.reach(&mut command);
    let restore = r#"gzip -dc "$1" | psql -X -q -v ON_ERROR_STOP="$2" >/dev/null"#;
    command
        .args(["-euo", "pipefail", "-c", restore, "bash"])
        .arg(file)
        .arg(on_error_stop)
        .env("PGDATABASE", database);
    Output::of(command.output().expect("bash starts"))
}

/// Restores a database of a run into one that is there, with nothing but PostgreSQL's own programs.
#[track_caller]
fn restore(job: &Job, run: &Path, database: &str, into: &str) {
    let archive = archive(run, database);
    let plain = archive.extension().is_some_and(|it| it == "gz");
    if plain {
        replay(job, &archive, into, "1").expect_code(0);
        return;
    }
    let quoted = into.replace('\\', r"\\").replace('\'', r"\'");
    let connection = format!("--dbname=dbname='{quoted}'");
    let mut restore = job.server.client("pg_restore");
    restore.args(["--exit-on-error", "--no-owner", &connection]);
    Output::run(restore.arg(archive)).expect_code(0);
}

/// The rows that are there after a restore.
#[track_caller]
fn restored_rows(job: &Job, run: &Path, database: &str) -> String {
    let again = format!("{database} again");
    job.server.create(&again);
    restore(job, run, database, &again);
    job.server.sql(&again, ROWS)
}

/// Dump, verify, restore; then damage that the checksums do not show.
fn comes_back_and_damage_shows(format: &str) {
    let job = Job::new(format, format);
    let run = job.dump();
    job.verify(&run).expect_code(0);
    let rows = job.server.sql(job.database(), ROWS);
    assert_eq!(rows.lines().count(), 4000 + 1333);
    assert_eq!(restored_rows(&job, &run, job.database()), rows);

    let file = rows_file(&run);
    let whole = fs::read(&file).expect("the archive can be read");
    assert!(
        whole.len() > 50_000,
        "{} is too small to be damaged in its middle",
        file.display()
    );
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0b100;
    for (what, damaged) in [
        ("cut short", &whole[..whole.len() * 3 / 4]),
        ("flipped", &flipped),
    ] {
        fs::write(&file, damaged).expect("the archive can be written");
        let output = job.verify(&run).expect_code(1);
        assert!(
            output.stderr.contains("the checksums of"),
            "{what}: {}",
            output.stderr
        );
        refresh_checksums(&run);
        let output = job.verify(&run).expect_code(1);
        assert!(
            !output.stderr.contains("the checksums of"),
            "{what}: {}",
            output.stderr
        );
        assert!(
            output.stderr.contains("FAILED while verifying"),
            "{what}: {}",
            output.stderr
        );
    }
    fs::write(&file, &whole).expect("the archive can be written");
    refresh_checksums(&run);
    job.verify(&run).expect_code(0);
}

#[test]
fn custom_comes_back_and_damage_shows() {
    comes_back_and_damage_shows("custom");
}

#[test]
fn directory_comes_back_and_damage_shows() {
    comes_back_and_damage_shows("directory");
}

#[test]
fn plain_comes_back_and_damage_shows() {
    comes_back_and_damage_shows("plain");
}

/// In SQL, because that is where a database named `globals` and the globals want the same file.
#[test]
fn every_database_and_the_globals_come_back_from_one_run() {
    let names = ["several=1", "globals", r"several \ 'three'"];
    let job = Job::of(Asks {
        databases: names.map(str::to_owned).into(),
        dump: "globals: true, format: plain",
        ..Asks::of("several")
    });
    let role = r#""several Roles""#;
    let create = format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 7 PASSWORD 'a-secret'");
    job.server.sql("postgres", &create);
    let run = job.dump();
    job.verify(&run).expect_code(0);
    job.server.sql("postgres", &format!("DROP ROLE {role}"));

    let mut restored: Vec<String> = names
        .iter()
        .map(|name| {
            let rows = job.server.sql(name, ROWS);
            assert_eq!(restored_rows(&job, &run, name), rows, "{name}");
            rows
        })
        .collect();
    // Each has rows of its own, so that one dumped twice would be seen.
    restored.dedup();
    assert_eq!(restored.len(), names.len());

    // The roles that are there still are refused, and only they.
    let globals = run.join("globals.sql.gz");
    let said = replay(&job, &globals, "postgres", "0")
        .expect_code(0)
        .stderr;
    let refused = said.lines().all(|line| line.ends_with(" already exists"));
    assert!(refused, "{said}");
    let limit = "SELECT rolcanlogin, rolconnlimit, rolpassword IS NULL FROM pg_authid WHERE rolname = 'several Roles'";
    let role_again = job.server.sql("postgres", limit);
    job.server.sql("postgres", &format!("DROP ROLE {role}"));
    assert_eq!(role_again, "t|7|t\n");
}
