//! AWS's Regions and the partitions that they are in.
//! Source: botocore 1.44, `partitions.json`; as of 2026-11.

/// When the table was made.
pub const AS_OF: &str = "2026-11";

/// Each partition, what the names of its Regions begin with, and those that it has.
#[rustfmt::skip]
const PARTITIONS: [(&str, &str, &[&str]); 8] = [
    ("aws-cn", "cn-", &["cn-north-1", "cn-northwest-1"]),
    ("aws-us-gov", "us-gov-", &["us-gov-east-1", "us-gov-west-1"]),
    ("aws-eusc", "eusc-", &["eusc-de-east-1"]),
    ("aws-iso", "us-iso-", &["us-iso-east-1", "us-iso-west-1"]),
    ("aws-iso-b", "us-isob-", &["us-isob-east-1", "us-isob-west-1"]),
    ("aws-iso-e", "eu-isoe-", &["eu-isoe-west-1"]),
    ("aws-iso-f", "us-isof-", &["us-isof-east-1", "us-isof-south-1"]),
    ("aws", "", &[
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
        "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
        "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",
        "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2",
        "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1",
        "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    ]),
];

/// The first word of the ARNs of a Region.
pub fn partition(region: &str) -> &'static str {
    let mut partitions = PARTITIONS.iter();
    let found = partitions.find(|(_, prefix, _)| region.starts_with(prefix));
    found.map_or("aws", |(partition, _, _)| *partition)
}

/// What is known of a Region's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Listed,
    /// There is one of another number: this one may be newer than the table.
    Numbered,
    No,
}

pub fn known(region: &str) -> Known {
    let place = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let place = |name| &name[..place(name)];
    match names().find(|name| place(name) == place(region)) {
        _ if names().any(|name| name == region) => Known::Listed,
        Some(_) if place(region) != region => Known::Numbered,
        _ => Known::No,
    }
}

pub fn names() -> impl Iterator<Item = &'static str> {
    let lists = PARTITIONS.iter().map(|(_, _, names)| names);
    lists.flat_map(|names| names.iter().copied())
}

#[cfg(test)]
#[test]
fn every_region_is_in_the_partition_that_lists_it() {
    for (own, _, names) in PARTITIONS {
        for name in names {
            assert_eq!(partition(name), own, "{name}");
        }
    }
    assert_eq!(known("us-east-1"), Known::Listed);
    assert_eq!(known("us-east-9"), Known::Numbered);
    assert_eq!(known("us-east-"), Known::No);
    assert_eq!(known("us-esat-1"), Known::No);
}
