//! Every rule against its fixtures: what it finds, and where exactly.
//!
//! A fixture says at the end of a line what must be found there: `#~ CODE COLUMN, CODE COLUMN`.
//! Infos are not compared, except in fixtures that name one. A folder in the place of a file is a
//! workspace of several files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use backstay::finding::{Code, Finding, Severity};
use backstay::source::Sources;
use backstay::{plan, policy, resolve, rules};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn codes() -> Vec<&'static Code> {
    let rules = rules::RULES.iter().map(|rule| rule.code);
    let codes = policy::CODES.iter().copied().chain(rules);
    codes.chain([&plan::NAME_CLASH]).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// The policy files of a folder; other files may lie beside them.
fn policy_files(folder: &Path) -> Vec<PathBuf> {
    let mut paths = entries(folder);
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths
}

/// File name, line, column and code.
type Spot = (String, usize, usize, String);

struct Case {
    name: String,
    expected: BTreeSet<Spot>,
    found: Vec<(Spot, Finding)>,
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Validates a file, or the files of a folder as one workspace.
fn case(path: &Path) -> Case {
    let files = match path.is_dir() {
        true => policy_files(path),
        false => vec![path.to_owned()],
    };
    let mut sources = Sources::default();
    let mut expected = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        expected.extend(marks(&name_of(&file), &text));
        sources.add(file, text);
    }
    let (workspace, mut findings) = policy::parse(sources);
    let estate = resolve::resolve(&workspace);
    findings.extend(rules::check(&estate));
    if findings.iter().all(|it| it.severity < Severity::Error) {
        findings.extend(plan::name_clashes(&plan::plan(&estate)));
    }
    let spot = |finding: &Finding| {
        let place = finding.place.expect("a finding about a file has a place");
        let at = workspace.sources.position(place);
        let file = name_of(workspace.sources.get(place.file).path());
        (file, at.line, at.column, finding.code.name.to_owned())
    };
    Case {
        name: path.strip_prefix(root()).unwrap().display().to_string(),
        expected,
        found: findings.into_iter().map(|f| (spot(&f), f)).collect(),
    }
}

fn marks(file: &str, text: &str) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some((_, marks)) = line.split_once("#~") else {
            continue;
        };
        for mark in marks.split(',') {
            let (code, column) = mark.trim().split_once(' ').expect("`code column`");
            let column = column.trim().parse().expect("a column");
            spots.push((file.to_owned(), number + 1, column, code.to_owned()));
        }
    }
    spots
}

impl Case {
    fn show(&self) -> String {
        self.found
            .iter()
            .map(|(spot, f)| format!("  {spot:?} {:?}: {} -> {}\n", f.severity, f.message, f.fix))
            .collect()
    }

    /// Compares everything but infos that the fixture does not name.
    fn assert_exact(&self) {
        let named: BTreeSet<&str> = self.expected.iter().map(|spot| spot.3.as_str()).collect();
        let counts = |f: &Finding| f.severity != Severity::Info || named.contains(f.code.name);
        let found = self.found.iter().filter(|(_, f)| counts(f));
        let found: BTreeSet<Spot> = found.map(|(spot, _)| spot.clone()).collect();
        let missing: Vec<_> = self.expected.difference(&found).collect();
        let extra: Vec<_> = found.difference(&self.expected).collect();
        assert!(
            missing.is_empty() && extra.is_empty(),
            "{}\nnot found: {missing:#?}\nunexpected: {extra:#?}\nall:\n{}",
            self.name,
            self.show()
        );
    }

    fn assert_well_formed(&self) {
        for (_, finding) in &self.found {
            let Finding {
                message, why, fix, ..
            } = finding;
            let name = finding.code.name;
            for text in [message, why, fix] {
                assert!(
                    !text.is_empty(),
                    "{}: {name} leaves a part empty",
                    self.name
                );
            }
            assert!(!message.ends_with('.'), "{}: {name}: {message}", self.name);
        }
    }
}

#[test]
fn every_code_has_a_good_and_a_bad_fixture() {
    let folder = root().join("tests/fixtures/rules");
    let folders: BTreeSet<String> = entries(&folder).iter().map(|path| name_of(path)).collect();
    let known: BTreeSet<String> = codes().iter().map(|code| code.name.to_owned()).collect();
    assert_eq!(folders, known, "one folder of fixtures a code");
    assert_eq!(known.len(), codes().len(), "a code is listed twice");
    for code in codes() {
        let cases: Vec<Case> = entries(&folder.join(code.name))
            .iter()
            .map(|p| case(p))
            .collect();
        let names = |start: &str| {
            cases.iter().any(|case| {
                Path::new(&case.name)
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .starts_with(start)
            })
        };
        assert!(
            names("good") && names("bad"),
            "{} lacks a fixture",
            code.name
        );
        let speaks = |case: &Case| case.expected.iter().any(|spot| spot.3 == code.name);
        assert!(
            cases.iter().any(speaks),
            "no fixture of {} expects it",
            code.name
        );
    }
}

#[test]
fn bad_fixtures_are_found_at_their_places_and_good_ones_are_clean() {
    let mut failures = Vec::new();
    for folder in entries(&root().join("tests/fixtures/rules")) {
        for path in entries(&folder) {
            let judged = std::panic::catch_unwind(|| {
                let case = case(&path);
                case.assert_well_formed();
                case.assert_exact();
                let code = name_of(&folder);
                if name_of(&path).starts_with("good") {
                    assert!(
                        case.expected.is_empty(),
                        "{}: a good fixture marks nothing",
                        case.name
                    );
                    let said = case.found.iter().any(|(spot, _)| spot.3 == code);
                    assert!(!said, "{}\n{}", case.name, case.show());
                }
            });
            if judged.is_err() {
                failures.push(path);
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn a_code_is_named_after_its_file_and_its_page_says_what_why_and_fix() {
    for code in codes() {
        let file = format!("{}.rs", code.name.replace('-', "_"));
        let paths = ["src/rules", "src/policy/problem", "src/plan"]
            .map(|room| root().join(room).join(&file));
        let path = paths.iter().find(|path| path.exists());
        let text = std::fs::read_to_string(path.unwrap_or_else(|| panic!("no {file}"))).unwrap();
        let page = code.page();
        let head = format!("//! # {}\n", code.name);
        assert!(text.starts_with(&head), "{file} starts with its code");
        assert!(
            page.starts_with(&head[4..]),
            "{} has the page of another file",
            code.name
        );
        let why = page
            .find("\n**Why.** ")
            .unwrap_or_else(|| panic!("{file}: no Why"));
        let fix = page
            .find("\n**Fix.** ")
            .unwrap_or_else(|| panic!("{file}: no Fix"));
        assert!(
            head.len() < why && why < fix,
            "{file}: What, Why, Fix in this order"
        );
    }
}

#[test]
fn the_policies_of_this_repository_are_clean() {
    let folder = root().join("policies");
    let mut all = policy_files(&folder);
    all.push(folder);
    for path in all {
        let case = case(&path);
        case.assert_well_formed();
        case.assert_exact();
        // One for each kind of thing, and one for each database whose backups are all of one kind.
        let infos = case.found.iter().map(|(spot, _)| spot);
        let infos = infos.filter(|spot| spot.3 != "too-few-media").count();
        assert!(infos <= 12, "{}: {infos} infos\n{}", case.name, case.show());
    }
}

#[test]
fn a_secret_is_never_repeated() {
    let folder = root().join("tests/fixtures/rules/password-like");
    for path in entries(&folder) {
        for (_, finding) in case(&path)
            .found
            .iter()
            .filter(|(spot, _)| spot.3 == "password-like")
        {
            let labels = finding.labels.iter().map(|(_, text)| text);
            let texts = [&finding.message, &finding.why, &finding.fix]
                .into_iter()
                .chain(labels);
            for text in texts {
                assert!(!text.contains("EXAMPLE"), "{text}");
            }
        }
    }
}

/// A few wrong names are looked up among all that there are; of thousands nobody mistyped each.
#[test]
fn names_are_suggested_where_few_are_wrong() {
    let fixes = |wrong: usize, known: usize| -> Vec<String> {
        let stores: String = (0..known)
            .map(|n| format!("  store-{n}: {{ at: us, bucket: bucket-{n} }}\n"))
            .collect();
        let databases: String = (0..wrong)
            .map(|n| format!("  db-{n}: {{ engine: rds_postgres, at: us, id: db-{n}, dump: {{ to: [stroe-{n}], databases: [app], schedule: \"daily 01:43\" }} }}\n"))
            .collect();
        let text = format!(
            "version: 1\nlocations:\n  us: {{ provider: aws, region: us-east-1, account: \"123456789012\" }}\nstores:\n{stores}databases:\n{databases}"
        );
        let mut sources = Sources::default();
        sources.add("p.yaml", text);
        let (workspace, _) = policy::parse(sources);
        let found = rules::check(&resolve::resolve(&workspace)).into_iter();
        let unknown = found.filter(|it| it.code.name == "unknown-reference");
        unknown.map(|it| it.fix).collect()
    };
    assert_eq!(fixes(1, 3), ["did you mean `store-0`?"]);
    let many = fixes(1_500, 1_000);
    let suggested = many.iter().filter(|fix| fix.starts_with("did you mean"));
    assert_eq!((many.len(), suggested.count()), (1_500, 1_000));
    assert!(
        many[1_499].contains("known: store-0, store-1, store-10, "),
        "{}",
        many[1_499]
    );
}
