//! What a database's settings are, who set each and where, and what keeps the promises.

use std::fmt::Display;

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use schemars::JsonSchema;
use serde::Serialize;

use super::drills::{self, Last};
use crate::cloud::Command;
use crate::plan::proofs;
use crate::policy::{Encryption, HighAvailability};
use crate::render::walk;
use crate::resolve::{By, Database, Disaster, Estate, Layer, Resolved, Tester, Way, ways};
use crate::source::{Place, Sources};

/// In minutes.
const DAY: u64 = 24 * 60;

/// Version 1 of what `--format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "backstay explain")]
pub(in super::super) struct Explanation {
    version: u8,
    database: String,
    engine: &'static str,
    location: String,
    tier: String,
    /// Where the database is written.
    place: String,
    settings: Vec<Setting>,
    ways: Vec<Row>,
    disasters: Vec<Answer>,
    /// What drills have shown, the newest of each kind, the newest last.
    drills: Vec<Last>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Setting {
    key: String,
    value: String,
    layer: String,
    /// Nowhere for what is built in.
    place: Option<String>,
    /// What keeps it, where it is a promise.
    met_by: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    #[serde(flatten)]
    way: Way,
    /// The rendered script that walks it, and what it is given.
    script: Option<String>,
    place: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Answer {
    disaster: Disaster,
    ways: Vec<String>,
}

pub(super) fn explain(database: &Database<'_>, estate: &Estate<'_>) -> Explanation {
    let sources = &estate.workspace.sources;
    let ways = ways(database, estate);
    let drills = drills::newest(&database.name.value, &proofs(database, estate));
    let left = |disaster: Disaster| Answer {
        disaster,
        ways: ways
            .iter()
            .filter(|way| disaster.leaves(way))
            .map(name)
            .collect(),
    };
    Explanation {
        version: 1,
        database: database.name.value.clone(),
        engine: database.engine().name(),
        location: database.site.name.to_owned(),
        tier: database.tier.clone(),
        place: sources.link(database.name.place),
        settings: Settings::of(database, &ways, sources),
        disasters: Disaster::ALL.into_iter().map(left).collect(),
        drills,
        ways: ways
            .into_iter()
            .map(|way| Row {
                name: name(&way),
                script: script(&way, database),
                place: way.place.map(|place| sources.link(place)),
                way,
            })
            .collect(),
    }
}

/// Who tests that the backups can be restored.
fn testers(database: &Database<'_>) -> Vec<String> {
    let vault = database.written.vault.as_ref();
    let tester = |tester| match tester {
        Tester::Dumps => Some("restore-test.sh".to_owned()),
        Tester::Snapshots => Some("restore-test.sh of snapshots".to_owned()),
        Tester::Vault => vault.map(|vault| format!("AWS Backup in {}", vault.value)),
    };
    database.testers().into_iter().filter_map(tester).collect()
}

fn script(way: &Way, database: &Database<'_>) -> Option<String> {
    let (script, words) = walk(&way.by, database.region())?;
    let file = format!("{}-{script}.sh", database.name.value);
    let words = std::iter::once(file.as_str()).chain(words);
    Some(Command::new(words).to_string())
}

/// A way in a few words.
fn name(way: &Way) -> String {
    match &way.by {
        By::Standby { mode } => format!("standby ({mode})"),
        By::Replica { id, region } => format!("replica {id} in {region}"),
        By::Moment => "point in time".to_owned(),
        By::Replicated { region, .. } => format!("point in time in {region}"),
        By::Geo => "geo-redundant backup".to_owned(),
        By::Snapshots { region } => format!("snapshots in {region}"),
        By::Vault(vault) => {
            let files = vault.resource_group.as_ref().map_or("", |_| ", as files");
            format!("vault {} in {}{files}", vault.vault, vault.region)
        }
        By::Dumps { store, .. } => format!("dumps in {store}"),
    }
}

/// Collects the rows of one database.
struct Settings<'s> {
    tier: &'s str,
    sources: &'s Sources,
    ways: &'s [Way],
    rows: Vec<Setting>,
}

impl Settings<'_> {
    fn of(database: &Database<'_>, ways: &[Way], sources: &Sources) -> Vec<Setting> {
        let mut settings = Settings {
            tier: &database.tier,
            sources,
            ways,
            rows: Vec::new(),
        };
        settings.promises(database);
        settings.others(database);
        settings.rows
    }

    /// What some way back keeps, or none does.
    fn promises(&mut self, database: &Database<'_>) {
        let intent = &database.intent;
        let kept = &intent.retention;
        let copies = &intent.copies;
        let backup = |way: &Way| !matches!(way.by, By::Standby { .. } | By::Replica { .. });
        let moment = |way: &Way| matches!(way.by, By::Moment | By::Replicated { .. } | By::Geo);
        let dump = |way: &Way| matches!(way.by, By::Dumps { .. });
        let long = |way: &Way| matches!(way.by, By::Dumps { .. } | By::Vault(_));
        if let Some(rpo) = &intent.rpo {
            let most = rpo.value.minutes();
            let within = |way: &Way| backup(way) && way.rpo.is_some_and(|loses| loses <= most);
            self.add("rpo", Some(rpo), within);
        }
        self.add("rto", intent.rto.as_ref(), |_| false);
        self.add("retention.pitr", kept.pitr.as_ref(), moment);
        self.add("retention.daily", kept.daily.as_ref(), dump);
        self.add("retention.weekly", kept.weekly.as_ref(), long);
        self.add("retention.monthly", kept.monthly.as_ref(), long);
        self.add("retention.yearly", kept.yearly.as_ref(), long);
        self.add("copies.regions", copies.regions.as_ref(), |way| {
            backup(way) && way.elsewhere
        });
        for to in &copies.to {
            self.add(
                "copies.to",
                Some(to),
                |way| matches!(&way.by, By::Vault(vault) if vault.vault == to.value),
            );
        }
        self.add(
            "copies.replicate_pitr",
            copies.replicate_pitr.as_ref(),
            |way| matches!(way.by, By::Replicated { .. }),
        );
        self.add("copies.geo", copies.geo.as_ref(), |way| way.by == By::Geo);
    }

    fn others(&mut self, database: &Database<'_>) {
        let intent = &database.intent;
        let nothing = |_: &Way| false;
        if let Some(every) = &intent.restore_test.every {
            let origin = (every.layer, every.place);
            let testers = testers(database);
            self.push(
                "restore_test.every",
                every.value.to_string(),
                origin,
                testers,
            );
        }
        self.add("timezone", Some(&intent.timezone), nothing);
        self.add("window", Some(&intent.window), nothing);
        self.add(
            "maintenance_window",
            intent.maintenance_window.as_ref(),
            nothing,
        );
        self.word("encryption", &intent.encryption, |value| match value {
            Encryption::ProviderManaged => "provider_managed".to_owned(),
            Encryption::CustomerManaged => "customer_managed".to_owned(),
            Encryption::Key(key) => key.clone(),
            Encryption::Unencrypted => "none".to_owned(),
        });
        self.add(
            "deletion_protection",
            Some(&intent.deletion_protection),
            nothing,
        );
        self.add(
            "copy_tags_to_snapshots",
            Some(&intent.copy_tags_to_snapshots),
            nothing,
        );
        self.word("high_availability", &intent.high_availability, |value| {
            let word = match value {
                HighAvailability::None => "none",
                HighAvailability::MultiAz => "multi_az",
                HighAvailability::SameZone => "same_zone",
                HighAvailability::ZoneRedundant => "zone_redundant",
            };
            word.to_owned()
        });
        for (key, tag) in &intent.tags {
            self.add(&format!("tags.{key}"), Some(tag), nothing);
        }
        for to in &intent.alerts.to {
            self.add("alerts.to", Some(to), nothing);
        }
        for event in &intent.alerts.events {
            self.add("alerts.events", Some(event), nothing);
        }
    }

    fn add<T: Display>(
        &mut self,
        key: &str,
        setting: Option<&Resolved<T>>,
        met_by: impl Fn(&Way) -> bool,
    ) {
        let Some(setting) = setting else { return };
        let met_by = self.ways.iter().filter(|way| met_by(way)).map(name);
        let met_by = met_by.collect();
        let value = setting.value.to_string();
        self.push(key, value, (setting.layer, setting.place), met_by);
    }

    fn word<T>(&mut self, key: &str, setting: &Resolved<T>, word: impl Fn(&T) -> String) {
        let value = word(&setting.value);
        self.push(key, value, (setting.layer, setting.place), Vec::new());
    }

    fn push(
        &mut self,
        key: &str,
        value: String,
        (layer, place): (Layer, Option<Place>),
        met_by: Vec<String>,
    ) {
        let layer = match layer {
            Layer::BuiltIn => "built in".to_owned(),
            Layer::WorkspaceDefaults => "workspace defaults".to_owned(),
            Layer::FileDefaults => "defaults".to_owned(),
            Layer::Tier => format!("tier {}", self.tier),
            Layer::Database => "database".to_owned(),
        };
        self.rows.push(Setting {
            key: key.to_owned(),
            value,
            layer,
            place: place.map(|place| self.sources.link(place)),
            met_by,
        });
    }
}

impl Explanation {
    /// For people, as wide as the terminal.
    pub(super) fn text(&self, width: usize) -> String {
        let Explanation {
            database,
            engine,
            location,
            tier,
            place,
            ..
        } = self;
        let mut text = format!("{database}: {engine} at {location}, tier {tier} ({place})\n\n");
        let settings = self.settings.iter().map(|it| {
            let place = it.place.clone().unwrap_or_default();
            let met_by = it.met_by.join("\n");
            [
                it.key.clone(),
                it.value.clone(),
                it.layer.clone(),
                place,
                met_by,
            ]
        });
        let head = ["setting", "value", "set by", "where", "kept by"];
        text += &table(head, settings, width);
        text += "\n";
        let head = [
            "way back",
            "loses at most",
            "kept",
            "survives its Region",
            "where",
        ];
        text += &table(head, self.ways.iter().map(Row::cells), width);
        text += "\n";
        let walked = self.ways.iter().map(|row| {
            let by = row.script.clone();
            [
                row.name.clone(),
                by.unwrap_or_else(|| "the cloud itself".to_owned()),
            ]
        });
        text += &table(["way back", "walked by"], walked, width);
        text += "\n";
        let left = self.disasters.iter().map(|answer| {
            let ways = match answer.ways.is_empty() {
                true => "nothing is left".to_owned(),
                false => answer.ways.join(", "),
            };
            [answer.disaster.name().to_owned(), ways]
        });
        text += &table(["disaster", "leaves"], left, width);
        if !self.drills.is_empty() {
            text += "\n";
        }
        for drill in &self.drills {
            text += &drills::line(drill);
        }
        text
    }
}

impl Row {
    fn cells(&self) -> [String; 5] {
        let loses = match self.way.rpo {
            None => "no bound promised".to_owned(),
            Some(0) => "nothing".to_owned(),
            Some(minutes) if minutes % DAY == 0 => format!("{} d", minutes / DAY),
            Some(minutes) => format!("{minutes} min"),
        };
        let kept = self.way.keeps.clone().unwrap_or_default();
        let survives = if self.way.elsewhere { "yes" } else { "no" };
        let place = self.place.clone().unwrap_or_default();
        [self.name.clone(), loses, kept, survives.to_owned(), place]
    }
}

fn table<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    width: usize,
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(head);
    for row in rows {
        table.add_row(row);
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}
