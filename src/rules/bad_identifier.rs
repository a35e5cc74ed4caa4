//! # bad-identifier
//! A name that a cloud will be given breaks that cloud's rules for such names: an RDS instance or
//! replica, an Azure server, a bucket, a storage account or a container.
//!
//! **Why.** The cloud refuses it when it is deployed, or it can never be the name of what exists.
//!
//! **Fix.** Write the name that the cloud shows, or one that keeps to the rule in the message.
use crate::cloud::{aws, azure};
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, Spanned};
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "bad-identifier",
    Severity::Error,
    include_str!("bad_identifier.rs"),
);

type Problem = fn(&str) -> Option<&'static str>;

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        let (what, problem): (_, Problem) = match database.engine() {
            Engine::RdsPostgres => (
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

fn bad(name: &Spanned<String>, what: &str, problem: Problem) -> Option<Finding> {
    let problem = problem(&name.value)?;
    let message = format!("`{}` cannot be {what}: {problem}", name.value);
    Some(
        Finding::new(&CODE, name.place, message)
            .why("the cloud takes no such name")
            .fix("write the name as the cloud has it, or one that keeps to the rule"),
    )
}
