//! Single tables: with everything that is theirs, which `pg_restore --table` leaves behind.

use super::{restore, rich};
use crate::dump::Job;

/// The sums of some tables.
fn sums_of(job: &Job, database: &str, tables: &[&str]) -> Vec<String> {
    let all = super::sums(&job.server, database);
    let of = |line: &&str| {
        tables
            .iter()
            .any(|table| line.starts_with(&format!("{table}|")))
    };
    all.lines().filter(of).map(str::to_owned).collect()
}

fn ask(job: &Job, database: &str, what: &str) -> String {
    job.server.sql(database, what)
}

const CONSTRAINTS: &str = "SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid <> 0 ORDER BY conrelid::regclass::text COLLATE \"C\", 2";
const INDEXES: &str = "SELECT indexdef FROM pg_indexes WHERE schemaname NOT LIKE 'pg_%' ORDER BY 1";
const RELATIONS: &str = "SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY oid::regclass::text COLLATE \"C\"";

#[test]
fn tables_come_with_their_keys_defaults_sequences_and_triggers() {
    let job = rich("tables", "directory");
    job.dump();
    let own = job.database();
    let names = ["z_customers", r#""Odd Schema"."a; Type: TABLE""#];
    let mut arguments = vec!["--into", "tables some"];
    for name in names {
        arguments.extend(["--table", name]);
    }
    restore(&job, &arguments).expect_code(0);
    let relations = ask(&job, "tables some", RELATIONS);
    assert_eq!(
        relations.lines().collect::<Vec<_>>(),
        [
            r#""Odd Schema"."a; Type: TABLE""#,
            r#""Odd Schema"."a; Type: TABLE_id_seq""#,
            "shared",
            "z_customers",
            "z_customers_id_seq",
        ]
    );
    let tables = ["public.z_customers", names[1]];
    assert_eq!(
        sums_of(&job, "tables some", &tables),
        sums_of(&job, own, &tables)
    );
    assert_eq!(sums_of(&job, own, &tables).len(), 2);
    let of = |text: String| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.contains("z_customers") || line.contains("a; Type"));
        let lines = lines.filter(|line| !line.starts_with("alone"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(
        of(ask(&job, "tables some", CONSTRAINTS)),
        of(ask(&job, own, CONSTRAINTS))
    );
    assert_eq!(of(ask(&job, own, CONSTRAINTS)).len(), 5);
    assert_eq!(
        of(ask(&job, "tables some", INDEXES)),
        of(ask(&job, own, INDEXES))
    );
    // The next rows get the next numbers, and the trigger and the type are there.
    let next = "INSERT INTO z_customers (name) VALUES ('next') RETURNING id, feels";
    assert_eq!(ask(&job, "tables some", next), "301|good\n");
    let next = r#"INSERT INTO "Odd Schema"."a; Type: TABLE" (customer) VALUES (301) RETURNING id, ticket, note"#;
    assert_eq!(ask(&job, "tables some", next), "301|400|stamped\n");
    job.server.sql("postgres", "DROP DATABASE \"tables some\"");
}

#[test]
fn a_partitioned_table_brings_its_partitions_and_a_partition_comes_alone() {
    let job = rich("partitions", "custom");
    job.dump();
    let own = job.database();
    restore(&job, &["--into", "partitions all", "--table", "parts"]).expect_code(0);
    let relations = ask(&job, "partitions all", RELATIONS);
    assert_eq!(relations, "parts\nparts_1\nparts_2\n");
    let rows = "SELECT count(*), min(day), max(day) FROM parts";
    assert_eq!(ask(&job, "partitions all", rows), ask(&job, own, rows));
    let indexes = |database: &str| {
        let all = ask(&job, database, INDEXES);
        let lines = all.lines().filter(|line| {
            line.contains("ON public.parts") || line.contains("ON ONLY public.parts")
        });
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(indexes("partitions all"), indexes(own));
    assert_eq!(indexes(own).len(), 6);

    restore(
        &job,
        &[
            "--into",
            "partitions one",
            "--table",
            "parts_2",
            "--no-owner",
        ],
    )
    .expect_code(0);
    assert_eq!(ask(&job, "partitions one", RELATIONS), "parts_2\n");
    let rows = "SELECT count(*) FROM parts_2";
    assert_eq!(ask(&job, "partitions one", rows), ask(&job, own, rows));
    for database in ["partitions all", "partitions one"] {
        job.server
            .sql("postgres", &format!("DROP DATABASE \"{database}\""));
    }
}

#[test]
fn what_refers_to_a_table_that_is_not_asked_for_is_left_out_and_told() {
    let job = rich("refers", "custom");
    job.dump();
    let one = ["--into", "refers one", "--table", "alone"];
    let said = restore(&job, &one).expect_code(0).stderr;
    assert!(
        said.contains(
            "left out, since it needs a table that is: FK CONSTRAINT alone alone_other_fkey"
        ),
        "{said}"
    );
    assert_eq!(ask(&job, "refers one", RELATIONS), "alone\n");
    let safe = "SELECT relrowsecurity, (SELECT count(*) FROM pg_policy), (SELECT count(*) FROM pg_statistic_ext) FROM pg_class WHERE relname = 'alone'";
    assert_eq!(ask(&job, "refers one", safe), "t|1|1\n");
    // In SQL there are no tables to choose from.
    let plain = rich("refers plain", "plain");
    plain.dump();
    let said = restore(&plain, &["--table", "alone"]).expect_code(1).stderr;
    assert!(
        said.contains("a dump in SQL is restored as a whole"),
        "{said}"
    );
    job.server.sql("postgres", "DROP DATABASE \"refers one\"");
}
