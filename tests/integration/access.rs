//! The least that each identity needs: what the documents say, and who is trusted.

use backstay::policy::{self, Subjects};
use backstay::resolve::resolve;
use backstay::source::Sources;

fn subjects(rest: &str) -> Subjects {
    let mut sources = Sources::default();
    let text = format!("version: 1\ngithub: {{ repository: acme/backups{rest} }}\n");
    sources.add("p.yaml", text);
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:#?}");
    resolve(&workspace).github.expect("github").subjects()
}

#[test]
fn a_repository_has_both_forms_of_its_identity() {
    let numbers = ", owner_id: \"1\", repository_id: \"22\"";
    let by_number = "repo:acme@1/backups@22:ref:refs/heads/main";
    assert_eq!(
        subjects(numbers),
        Subjects {
            by_name: "repo:acme/backups:ref:refs/heads/main".to_owned(),
            by_number: Some(by_number.to_owned()),
            pattern: by_number.to_owned(),
        }
    );
    assert_eq!(
        subjects(", owner_id: \"1\", branch: release/2026"),
        Subjects {
            by_name: "repo:acme/backups:ref:refs/heads/release/2026".to_owned(),
            by_number: None,
            pattern: "repo:acme@1/backups@*:ref:refs/heads/release/2026".to_owned(),
        }
    );
    assert_eq!(
        subjects(&format!("{numbers}, environment: production")).by_number,
        Some("repo:acme@1/backups@22:environment:production".to_owned())
    );
}
