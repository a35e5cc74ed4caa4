//! Between which Regions RDS replicates automated backups.

/// The date of the table below: the last one that the RDS user guide published, under "Replicating
/// automated backups to another AWS Region". DescribeSourceRegions, asked in the destination, has the
/// answer of the day.
pub const PAIRS_READ: &str = "2023-10";

/// Source Region and its destinations.
#[rustfmt::skip]
const PAIRS: &[(&str, &[&str])] = &[
    ("ap-northeast-1", &["ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "us-east-1", "us-east-2", "us-west-2"]),
    ("ap-northeast-2", &["ap-northeast-1", "ap-southeast-1", "us-east-1", "us-east-2", "us-west-2"]),
    ("ap-northeast-3", &["ap-northeast-1"]),
    ("ap-south-1", &["ap-southeast-1", "us-east-1", "us-east-2", "us-west-2"]),
    ("ap-southeast-1", &["ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-2", "us-east-1", "us-east-2", "us-west-2"]),
    ("ap-southeast-2", &["ap-southeast-1", "us-east-1", "us-west-1", "us-west-2"]),
    ("ca-central-1", &["eu-west-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"]),
    ("cn-north-1", &["cn-northwest-1"]),
    ("cn-northwest-1", &["cn-north-1"]),
    ("eu-central-1", &["eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-east-2", "us-west-2"]),
    ("eu-north-1", &["eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "us-east-1"]),
    ("eu-west-1", &["ca-central-1", "eu-central-1", "eu-north-1", "eu-west-2", "eu-west-3", "us-east-1", "us-east-2", "us-west-1", "us-west-2"]),
    ("eu-west-2", &["eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3", "us-east-1"]),
    ("eu-west-3", &["eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "us-east-1"]),
    ("sa-east-1", &["us-east-1", "us-east-2"]),
    ("us-east-1", &["ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-2", "us-west-1", "us-west-2"]),
    ("us-east-2", &["ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ca-central-1", "eu-central-1", "eu-west-1", "sa-east-1", "us-east-1", "us-west-1", "us-west-2"]),
    ("us-gov-east-1", &["us-gov-west-1"]),
    ("us-gov-west-1", &["us-gov-east-1"]),
    ("us-west-1", &["ap-southeast-2", "ca-central-1", "eu-west-1", "us-east-1", "us-east-2", "us-west-2"]),
    ("us-west-2", &["ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-west-1", "us-east-1", "us-east-2", "us-west-1"]),
];

/// What is known of a pair of Regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    Listed,
    /// Both are in the table, and not as a pair.
    NotListed,
    /// One of the two is newer than the table, or has to be opted into.
    Unknown,
}

pub fn pair(source: &str, destination: &str) -> Pair {
    let destinations = |region: &str| {
        let found = PAIRS.iter().find(|(source, _)| *source == region);
        found.map(|(_, destinations)| *destinations)
    };
    match (destinations(source), destinations(destination)) {
        (Some(listed), Some(_)) if listed.contains(&destination) => Pair::Listed,
        (Some(_), Some(_)) => Pair::NotListed,
        _ => Pair::Unknown,
    }
}

#[cfg(test)]
#[test]
fn every_destination_is_a_source_too() {
    for (source, destinations) in PAIRS {
        for destination in *destinations {
            assert_eq!(pair(source, destination), Pair::Listed);
            assert_ne!(pair(destination, source), Pair::Unknown, "{destination}");
        }
    }
}
