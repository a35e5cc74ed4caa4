//! Azure's regions and the regions that they are paired with.
//! Source: "Azure regions list" in the Azure reliability documentation, and the lists of Azure
//! Government and of Azure in China; as of 2026-11. What has opened since 2024 has no pair.

/// When the table was made.
pub const AS_OF: &str = "2026-11";

/// Each region and its pair. A pair need not be mutual: Brazil's copies go to the United States.
#[rustfmt::skip]
const PAIRS: [(&str, Option<&str>); 71] = [
    ("australiacentral", Some("australiacentral2")),
    ("australiacentral2", Some("australiacentral")),
    ("australiaeast", Some("australiasoutheast")),
    ("australiasoutheast", Some("australiaeast")),
    ("austriaeast", None),
    ("belgiumcentral", None),
    ("brazilsouth", Some("southcentralus")),
    ("brazilsoutheast", Some("brazilsouth")),
    ("canadacentral", Some("canadaeast")),
    ("canadaeast", Some("canadacentral")),
    ("centralindia", Some("southindia")),
    ("centralus", Some("eastus2")),
    ("chilecentral", None),
    ("chinaeast", Some("chinanorth")),
    ("chinaeast2", Some("chinanorth2")),
    ("chinaeast3", Some("chinanorth3")),
    ("chinanorth", Some("chinaeast")),
    ("chinanorth2", Some("chinaeast2")),
    ("chinanorth3", Some("chinaeast3")),
    ("denmarkeast", None),
    ("eastasia", Some("southeastasia")),
    ("eastus", Some("westus")),
    ("eastus2", Some("centralus")),
    ("eastus3", None),
    ("francecentral", Some("francesouth")),
    ("francesouth", Some("francecentral")),
    ("germanynorth", Some("germanywestcentral")),
    ("germanywestcentral", Some("germanynorth")),
    ("indonesiacentral", None),
    ("israelcentral", None),
    ("italynorth", None),
    ("japaneast", Some("japanwest")),
    ("japanwest", Some("japaneast")),
    ("jioindiacentral", Some("jioindiawest")),
    ("jioindiawest", Some("jioindiacentral")),
    ("koreacentral", Some("koreasouth")),
    ("koreasouth", Some("koreacentral")),
    ("malaysiawest", None),
    ("mexicocentral", None),
    ("newzealandnorth", None),
    ("northcentralus", Some("southcentralus")),
    ("northeurope", Some("westeurope")),
    ("norwayeast", Some("norwaywest")),
    ("norwaywest", Some("norwayeast")),
    ("polandcentral", None),
    ("qatarcentral", None),
    ("southafricanorth", Some("southafricawest")),
    ("southafricawest", Some("southafricanorth")),
    ("southcentralus", Some("northcentralus")),
    ("southeastasia", Some("eastasia")),
    ("southindia", Some("centralindia")),
    ("spaincentral", None),
    ("swedencentral", Some("swedensouth")),
    ("swedensouth", Some("swedencentral")),
    ("switzerlandnorth", Some("switzerlandwest")),
    ("switzerlandwest", Some("switzerlandnorth")),
    ("uaecentral", Some("uaenorth")),
    ("uaenorth", Some("uaecentral")),
    ("uksouth", Some("ukwest")),
    ("ukwest", Some("uksouth")),
    ("usdodcentral", Some("usdodeast")),
    ("usdodeast", Some("usdodcentral")),
    ("usgovarizona", Some("usgovtexas")),
    ("usgovtexas", Some("usgovarizona")),
    ("usgovvirginia", Some("usgovtexas")),
    ("westcentralus", Some("westus2")),
    ("westeurope", Some("northeurope")),
    ("westindia", Some("southindia")),
    ("westus", Some("eastus")),
    ("westus2", Some("westcentralus")),
    ("westus3", Some("eastus")),
];

/// What is known of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// Azure's own copies of what is in the region go there.
    With(&'static str),
    /// Azure copies nothing out of the region.
    Without,
    /// The region is newer than the table, or none.
    Unknown,
}

/// The pair of a region.
pub fn pair(region: &str) -> Pair {
    match PAIRS.iter().find(|(name, _)| *name == region) {
        Some((_, Some(pair))) => Pair::With(pair),
        Some((_, None)) => Pair::Without,
        None => Pair::Unknown,
    }
}

/// The names of all regions.
pub fn names() -> impl Iterator<Item = &'static str> {
    PAIRS.iter().map(|(name, _)| *name)
}
