//! Any text of a policy is refused with its place, or survives every syntax: programs that are not
//! ours read from the rendered files what stands in the policy, and nothing more.
//!
//! Each policy is rendered twice, with plain texts and with hostile ones. The two must read the
//! same, but for the texts: another key, word, option or command would be more than a text.

mod policy;
mod texts;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use backstay::plan::Plan;
use backstay::render::{Templates, deploy_commands, render, restore_command};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::{Output, root, tools};
use policy::{SCHEDULE, SLOTS, Texts, accepted, plain, planned};
use texts::NASTY;

/// How many texts are made up in a run, beside those that are written down.
const MADE_UP: usize = 60;

/// How many policies the accepted texts are spread over.
const POLICIES: usize = 8;

/// A text in every place.
fn everywhere(text: &str) -> Texts {
    let slots = SLOTS.iter();
    slots
        .map(|slot| (slot.token, vec![text.to_owned()]))
        .collect()
}

/// The same, but half of the places that only take some shape have a text of that shape.
fn in_shape(text: &str, runner: &mut TestRunner) -> Texts {
    let mut texts = everywhere(text);
    for slot in SLOTS.iter().filter(|slot| !slot.many) {
        if some(&any::<bool>(), runner) {
            let shape = string_regex(slot.shape).unwrap();
            texts.insert(slot.token, vec![some(&shape, runner)]);
        }
    }
    texts
}

fn some<T>(strategy: &impl Strategy<Value = T>, runner: &mut TestRunner) -> T {
    strategy.new_tree(runner).unwrap().current()
}

/// Every accepted text of each slot, each once.
fn sieve(runner: &mut TestRunner) -> Texts {
    let mut tried: Vec<Texts> = NASTY.iter().map(|text| everywhere(text)).collect();
    for _ in 0..MADE_UP {
        let text = some(&texts::text(), runner);
        tried.push(in_shape(&text, runner));
    }
    let mut pool: Texts = SLOTS.iter().map(|slot| (slot.token, Vec::new())).collect();
    let mut known = HashSet::new();
    for (token, texts) in accepted(&tried).into_iter().flatten() {
        for text in texts {
            if known.insert((namespace(token), text.to_lowercase())) {
                pool.get_mut(token).unwrap().push(text);
            }
        }
    }
    pool
}

/// Slots whose texts must differ from each other's.
fn namespace(token: &'static str) -> &'static str {
    match token {
        "qzhost" | "qzother" => "qzlocation",
        "qzreplica" => "qzinstance",
        other => other,
    }
}

/// A policy of accepted texts: of each slot that takes many every so-manieth, of the others one.
fn chosen(pool: &Texts, number: usize) -> Texts {
    let mut texts = Texts::new();
    for slot in SLOTS {
        let all = &pool[slot.token];
        let some: Vec<String> = match slot.many {
            true => all.iter().skip(number).step_by(POLICIES).cloned().collect(),
            false => vec![all[number * all.len() / POLICIES].clone()],
        };
        texts.insert(slot.token, some);
    }
    for (key, value) in TAGS {
        let count = texts[key].len().max(texts[value].len());
        for token in [key, value] {
            let texts = texts.get_mut(token).unwrap();
            texts.extend((texts.len()..count).map(|index| format!("more{index}")));
        }
        // In the order in which tags are rendered, so that the plain ones come in the same.
        texts.get_mut(key).unwrap().sort();
    }
    texts
}

/// Slots of tags: keys and values.
const TAGS: [(&str, &str); 2] = [("qzawskey", "qzawsvalue"), ("qzazurekey", "qzazurevalue")];

/// The same places with the plain texts.
fn all_plain(texts: &Texts) -> Texts {
    let plain = |(token, texts): (&&'static str, &Vec<String>)| {
        let texts = (0..texts.len()).map(|index| plain(token, index));
        (*token, texts.collect())
    };
    texts.iter().map(plain).collect()
}

/// What becomes of the plain texts where the hostile ones stand, in every form in which a text of
/// that slot is rendered.
fn swaps(texts: &Texts) -> Vec<(String, String)> {
    let mut swaps = Vec::new();
    for (token, texts) in texts {
        for (index, text) in texts.iter().enumerate() {
            let plain = plain(token, index);
            let (from, to) = (plain.clone(), text.clone());
            match *token {
                // AWS knows instances by their names in lower case.
                "qzinstance" => swaps.push((from, to.to_lowercase())),
                "qzreplica" => {
                    swaps.push((from, to.to_lowercase()));
                    swaps.push((camel(&plain), camel(&to)));
                }
                // The name of the secret that holds its password.
                "qzdatabase" => {
                    swaps.push((from, to));
                    let secret = text.to_uppercase().replace('-', "_");
                    swaps.push((plain.to_uppercase(), secret));
                }
                SCHEDULE => {
                    // Runbooks say it in the policy's own words.
                    swaps.push((format!("{from} UTC"), format!("{to} UTC")));
                    swaps.push((from, cron(text)));
                }
                _ => swaps.push((from, to)),
            }
        }
    }
    swaps
}

fn camel(text: &str) -> String {
    let words = text.split('-').filter(|word| !word.is_empty());
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// Five fields of a schedule, as the reference of the policy says.
fn cron(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let time = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap();
        let number = |text: &str| text.parse::<u8>().unwrap();
        format!("{} {}", number(minute), number(hour))
    };
    match words[..] {
        ["daily", at] => format!("{} * * *", time(at)),
        ["weekly", day, at] => {
            let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
            let day = days.iter().position(|name| *name == day).unwrap();
            format!("{} * * {day}", time(at))
        }
        ["monthly", day, at] => format!("{} {} * *", time(at), day.parse::<u8>().unwrap()),
        _ => text.to_owned(),
    }
}

/// Renders a policy into a folder; tells its tags and the commands that backstay would print.
fn rendered(folder: &Path, plan: &Plan, texts: &Texts) -> Value {
    for artifact in render(plan, &Templates::embedded().unwrap()).unwrap() {
        let path = folder.join(&artifact.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, artifact.text).unwrap();
    }
    let tags = |(keys, values): (&str, &str)| -> Value {
        let pairs = texts[keys].iter().cloned().zip(texts[values].iter());
        pairs.map(|(key, value)| (key, json!(value))).collect()
    };
    let restoring = plan.resources.iter().flat_map(|resource| {
        let paths = resource.body.properties().iter();
        paths.filter_map(|property| restore_command(resource, property.path, &Value::Null))
    });
    let commands: Vec<Value> = restoring
        .chain(deploy_commands(plan, |_| true))
        .filter_map(|command| {
            let words = command.words()?;
            Some(json!({ "printed": command.to_string(), "words": words }))
        })
        .collect();
    json!({
        "tags": { "aws": tags(TAGS[0]), "azure": tags(TAGS[1]) },
        "commands": commands,
    })
}

#[test]
fn any_text_is_refused_with_its_place_or_survives_every_syntax() {
    let mut runner = TestRunner::default();
    let pool = sieve(&mut runner);
    let folder = tempfile::tempdir().unwrap();
    let cases: Vec<Value> = (0..POLICIES)
        .map(|number| {
            let texts = chosen(&pool, number);
            // Comments name the file, and a file's name may have anything in it.
            let nasty = NASTY[number * NASTY.len() / POLICIES];
            let file = format!("policies/{nasty}\ntouch pwned\r\u{85}\u{2028}{nasty}.yaml");
            let name = number.to_string();
            let at = folder.path().join(&name);
            let plain = all_plain(&texts);
            json!({
                "folder": name,
                "swaps": swaps(&texts),
                "plain": rendered(&at.join("plain"), &planned("policies/p.yaml", &plain), &plain),
                "hostile": rendered(&at.join("hostile"), &planned(&file, &texts), &texts),
            })
        })
        .collect();
    fs::write(folder.path().join("cases.json"), json!(cases).to_string()).unwrap();
    logins(&folder.path().join("users"), &pool["qzuser"]);
    let mut reader = Command::new(tools().join("venv/bin/python"));
    reader
        .arg(root().join("tests/readers/survive.py"))
        .arg(folder.path())
        .env("PYTHONUTF8", "1");
    let read = Output::of(reader.output().expect("the reader starts"));
    assert_eq!(read.expect_code(0).stdout, "");
}

/// The dump's script for each login, which a policy has one of for each database.
fn logins(folder: &Path, users: &[String]) {
    let slots = SLOTS.iter();
    let texts = slots.map(|slot| (slot.token, vec![plain(slot.token, 0)]));
    let mut plan = planned("policies/p.yaml", &texts.collect());
    plan.resources.clear();
    fs::create_dir_all(folder).unwrap();
    let templates = Templates::embedded().unwrap();
    for (index, user) in users.iter().enumerate() {
        plan.dumps[0].connection.user = Some(user.clone());
        let artifacts = render(&plan, &templates).unwrap();
        let script = artifacts.iter().find(|it| it.path.ends_with("-dump.sh"));
        fs::write(folder.join(format!("{index}.sh")), &script.unwrap().text).unwrap();
    }
    fs::write(folder.with_extension("json"), json!(users).to_string()).unwrap();
}
