//! From policy text to rendered files, by the number of databases: `cargo bench`.

use backstay::source::Sources;
use backstay::{plan, policy, render, resolve, rules};

fn main() {
    divan::main();
}

/// A workspace of files with 500 databases each: instances, servers and dumps in turn.
fn policies(databases: usize) -> Vec<String> {
    let shared = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  group: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: rg }
  host: { provider: host, address: db.internal }
stores:
  dumps: { at: east, bucket: bench-dumps }
"#;
    let numbers: Vec<usize> = (0..databases).collect();
    let files = numbers.chunks(500).map(|chunk| {
        let entries = chunk.iter().map(|n| match n % 3 {
            0 => format!("  db-{n}: {{ engine: rds_postgres, at: east, id: db-{n}, retention: {{ pitr: 30d }}, window: \"03:00-04:00\" }}\n"),
            1 => format!("  db-{n}: {{ engine: azure_postgres, at: group, id: db-{n}, retention: {{ pitr: 14d }} }}\n"),
            _ => format!("  db-{n}: {{ engine: postgres, at: host, id: db-{n}, dump: {{ to: [dumps], databases: [app], schedule: \"daily 01:43\" }} }}\n"),
        });
        format!("version: 1\ndatabases:\n{}", entries.collect::<String>())
    });
    std::iter::once(shared.to_owned()).chain(files).collect()
}

fn sources(texts: &[String]) -> Sources {
    let mut sources = Sources::default();
    for (n, text) in texts.iter().enumerate() {
        sources.add(format!("{n}.yaml"), text.as_str());
    }
    sources
}

const SIZES: [usize; 3] = [10, 1_000, 10_000];

#[divan::bench(args = SIZES, sample_count = 10)]
fn parse_and_validate(bencher: divan::Bencher<'_, '_>, databases: usize) {
    let texts = policies(databases);
    bencher
        .with_inputs(|| sources(&texts))
        .bench_values(|sources| {
            let (workspace, findings) = policy::parse(sources);
            let estate = resolve::resolve(&workspace);
            findings.len() + rules::check(&estate).len()
        });
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn parse_validate_render(bencher: divan::Bencher<'_, '_>, databases: usize) {
    let texts = policies(databases);
    bencher
        .with_inputs(|| sources(&texts))
        .bench_values(|sources| {
            let (workspace, _) = policy::parse(sources);
            let estate = resolve::resolve(&workspace);
            let findings = rules::check(&estate);
            let templates = render::Templates::embedded().expect("the templates compile");
            let artifacts = render::render(&plan::plan(&estate), &templates).expect("it renders");
            (findings.len(), artifacts.len())
        });
}
