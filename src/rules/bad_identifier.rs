//! # bad-identifier
//! A name that a cloud will be given breaks that cloud's rules for such names: an RDS instance or
//! replica, its master user, an Azure server, a bucket, a storage account, a container or a vault. Or a vault's key in
//! the policy is too long for the names of its restore tests.
//!
//! **Why.** The cloud refuses it when it is deployed, or it can never be the name of what exists.
//!
//! **Fix.** Write the name that the cloud shows, or one that keeps to the rule in the message.
use crate::cloud::{aws, azure};
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, Spanned};
use crate::resolve::{Database, Estate, Scope, Vault};

pub static CODE: Code = Code::new(
    "bad-identifier",
    Severity::Error,
    include_str!("bad_identifier.rs"),
);

type Problem = fn(&str) -> Option<&'static str>;

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        let (what, problem): (_, Problem) = match database.engine() {
            Engine::RdsPostgres | Engine::RdsMysql | Engine::RdsMariadb => (
                "a DB instance identifier",
                aws::limits::instance_identifier_problem,
            ),
            Engine::AzurePostgres => ("a server name", azure::limits::server_name_problem),
            Engine::Postgres => continue,
        };
        let replicas = database.written.replicas.iter().map(|replica| &replica.id);
        let names = [&database.written.id].into_iter().chain(replicas);
        findings.extend(names.filter_map(|name| bad(name, what, problem)));
    }
    for vault in &estate.vaults {
        findings.extend(vault_names(vault, estate));
    }
    findings.extend(super::on_rds(estate).filter_map(username));
    for store in &estate.stores {
        let names: [(_, _, Problem); 3] = [
            (
                &store.written.bucket,
                "a bucket name",
                aws::limits::bucket_name_problem,
            ),
            (
                &store.written.storage_account,
                "a storage account name",
                azure::limits::storage_account_problem,
            ),
            (
                &store.written.container,
                "a container name",
                azure::limits::container_problem,
            ),
        ];
        findings.extend(
            names
                .into_iter()
                .filter_map(|(name, what, problem)| bad(name.as_ref()?, what, problem)),
        );
    }
}

/// The longest rest of a restore testing plan's name, with what numbers a second one.
const TEST_NAME: &str = "backstay__half_monthly_2";

fn vault_names(vault: &Vault<'_>, estate: &Estate<'_>) -> Vec<Finding> {
    match vault.site.scope {
        Scope::Aws { .. } => {}
        Scope::Azure { .. } => {
            let problem = azure::limits::vault_name_problem;
            let found = bad(&vault.written.name, "the name of a vault", problem);
            return found.into_iter().collect();
        }
        Scope::Host { .. } => return Vec::new(),
    }
    let problem = aws::limits::vault_name_problem;
    let mut findings: Vec<_> = bad(&vault.written.name, "the name of a vault", problem)
        .into_iter()
        .collect();
    let tested = |database: &Database<'_>| {
        let named = database.written.vault.as_ref();
        let here = named.is_some_and(|named| named.value == vault.name.value);
        here && database.intent.restore_test.every.is_some()
    };
    let most = aws::limits::RESTORE_TEST_NAME - TEST_NAME.len();
    if vault.name.value.len() > most && estate.databases.iter().any(tested) {
        let message = format!("`{}` is too long to name restore tests by", vault.name.value);
        findings.push(
            Finding::new(&CODE, vault.name.place, message)
                .why(format!(
                    "AWS Backup takes {} characters for the name of a restore testing plan",
                    aws::limits::RESTORE_TEST_NAME
                ))
                .fix(format!("give the vault a key of at most {most} characters")),
        );
    }
    findings
}

/// The schema knows the longest of all engines.
fn username(database: &Database<'_>) -> Option<Finding> {
    let engine = database.engine().rds()?;
    let name = database.written.provision.as_ref()?.username.as_ref()?;
    let most = engine.username_chars;
    let (problem, fix) = match () {
        () if name.chars().count() > most => {
            (format!("it may have at most {most} characters"), "write a shorter name")
        }
        () if engine.reserves(name) => ("the name is reserved".to_owned(), "write another name"),
        () => return None,
    };
    let message = format!(
        "`{}` cannot be the master user of {}: {problem}",
        name.value, engine.title
    );
    Some(
        Finding::new(&CODE, name.place, message)
            .label(database.written.engine.place, "the engine is set here")
            .why("RDS refuses it when the database is created")
            .fix(fix),
    )
}

fn bad(name: &Spanned<String>, what: &str, problem: Problem) -> Option<Finding> {
    let problem = problem(&name.value)?;
    let message = format!("`{}` cannot be {what}: {problem}", name.value);
    Some(
        Finding::new(&CODE, name.place, message)
            .why("the cloud takes no such name")
            .fix("write the name as the cloud has it, or one that keeps to the rule"),
    )
}
