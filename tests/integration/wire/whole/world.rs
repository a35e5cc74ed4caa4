//! An AWS that has what a plan asks for, in the words of each service's API, with what services fill in
//! themselves.

use std::collections::BTreeMap;

use backstay::cloud::aws::s3::Bucket;
use backstay::plan::{Body, Plan, Resource, Scope};
use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

use super::super::backup::cloud::{Cloud, signed};
use super::super::s3::rule;

/// Account and Region.
type Place = (String, String);

#[derive(Default)]
pub struct World {
    /// AWS Backup, CloudFormation and STS.
    backup: Cloud,
    instances: BTreeMap<Place, String>,
    /// What each Region holds of instances in others.
    replicated: BTreeMap<Place, String>,
    subscriptions: BTreeMap<Place, String>,
    keys: BTreeMap<(Place, String), Value>,
    /// By type and identifier.
    registry: BTreeMap<(Place, String, String), Value>,
    /// By bucket and subresource.
    buckets: BTreeMap<(String, &'static str), String>,
    refuses: bool,
}

impl World {
    pub fn of(plan: &Plan) -> World {
        let mut world = World {
            backup: Cloud::of(plan),
            ..World::default()
        };
        plan.resources.iter().for_each(|it| world.deploy(it));
        world
    }

    /// Whoever asks may read nothing.
    pub fn refusing(self) -> World {
        World {
            refuses: true,
            ..self
        }
    }

    fn deploy(&mut self, resource: &Resource) {
        let Scope::Aws { account, region } = &resource.address.scope else {
            return;
        };
        let place = (account.clone(), region.clone());
        let (name, tree) = (resource.address.name.clone(), resource.body.tree());
        let arn =
            |service: &str, rest: &str| format!("arn:aws:{service}:{region}:{account}:{rest}");
        let identifier = match &resource.body {
            Body::DbInstance(_) => return self.instance(resource, &place, &tree),
            Body::EventSubscription(_) => {
                let xml = subscription(&tree);
                return self.subscriptions.entry(place).or_default().push_str(&xml);
            }
            Body::Key(_) => {
                self.keys.insert((place, name), tree);
                return;
            }
            Body::Bucket(bucket) => return self.bucket(resource, bucket, &tree, &place),
            Body::BucketPolicy(policy) => {
                let text = tree["PolicyDocument"].to_string();
                self.buckets.insert((policy.bucket.clone(), "policy"), text);
                return;
            }
            Body::Topic(_) => arn("sns", &name),
            Body::TopicPolicy(policy) => policy.topic_arn.clone(),
            Body::Rule(_) => arn("events", &format!("rule/{name}")),
            // What else the registry reads it knows by its name.
            _ => name,
        };
        let kind = resource.address.kind.clone();
        self.registry.insert((place, kind, identifier), tree);
    }

    /// A key or an instance by its id, where a template names it by another resource.
    fn named(&self, resource: &Resource, value: &Value, (account, region): &Place) -> String {
        let id = |logical_id: &Value| self.backup.id(resource, logical_id.as_str().unwrap());
        match (value, &value["Ref"], &value["Fn::GetAtt"][0]) {
            (Value::String(text), ..) => text.clone(),
            (_, logical_id @ Value::String(_), _) => id(logical_id),
            (_, _, key) => format!("arn:aws:kms:{region}:{account}:key/{}", id(key)),
        }
    }

    fn instance(&mut self, resource: &Resource, place: &Place, tree: &Value) {
        let mut members = String::new();
        let mut add = |name: &str, text: &str| members += &format!("<{name}>{text}</{name}>");
        add("DBInstanceStatus", "available");
        // What the policy does not ask for RDS fills in.
        for (member, default) in [
            ("DBInstanceIdentifier", ""),
            ("DBInstanceClass", "db.r6g.large"),
            ("Engine", "postgres"),
            ("AllocatedStorage", "400"),
            ("StorageType", "gp2"),
            ("MasterUsername", "admin"),
            ("AvailabilityZone", "us-east-1f"),
            ("BackupRetentionPeriod", "0"),
            ("PreferredBackupWindow", "07:11-07:41"),
            ("PreferredMaintenanceWindow", "Thu:09:00-Thu:09:30"),
            ("CopyTagsToSnapshot", "false"),
            ("DeletionProtection", "false"),
            ("MultiAZ", "false"),
            ("StorageEncrypted", "true"),
        ] {
            match &tree[member] {
                Value::Null => add(member, default),
                Value::String(text) => add(member, text),
                other => add(member, &other.to_string()),
            }
        }
        // It runs the newest minor version of what was asked for.
        let version = tree["EngineVersion"].as_str().unwrap_or("15");
        add("EngineVersion", &format!("{version}.9"));
        if tree["ManageMasterUserPassword"] == true {
            add("MasterUserSecret", "<SecretStatus>active</SecretStatus>");
        }
        let key = &tree["KmsKeyId"];
        let key = match key.is_null() {
            true => format!("arn:aws:kms:{}:{}:key/aws-own", place.1, place.0),
            false => self.named(resource, key, place),
        };
        add("KmsKeyId", &key);
        let source = &tree["SourceDBInstanceIdentifier"];
        if !source.is_null() {
            let source = self.named(resource, source, place);
            add("ReadReplicaSourceDBInstanceIdentifier", &source);
        }
        let logs = list(&tree["EnableCloudwatchLogsExports"], "member");
        add("EnabledCloudwatchLogsExports", &logs);
        let tags = tree["Tags"].as_array().into_iter().flatten();
        let tags: String = tags
            .map(|tag| {
                format!(
                    "<Tag><Key>{}</Key><Value>{}</Value></Tag>",
                    text(&tag["Key"]),
                    text(&tag["Value"])
                )
            })
            .collect();
        add("TagList", &tags);
        let xml = format!("<DBInstance>{members}</DBInstance>");
        self.instances
            .entry(place.clone())
            .or_default()
            .push_str(&xml);
        if let Some(there) = tree["AutomaticBackupReplicationRegion"].as_str() {
            let (account, region) = place;
            let xml = format!(
                "<DBInstanceAutomatedBackup>\
                 <DBInstanceArn>arn:aws:rds:{region}:{account}:db:{}</DBInstanceArn>\
                 <BackupRetentionPeriod>{}</BackupRetentionPeriod><Status>replicating</Status>\
                 </DBInstanceAutomatedBackup>",
                resource.address.name, tree["AutomaticBackupReplicationRetentionPeriod"],
            );
            let there = (account.clone(), there.to_owned());
            self.replicated.entry(there).or_default().push_str(&xml);
        }
    }

    fn bucket(&mut self, resource: &Resource, bucket: &Bucket, tree: &Value, place: &Place) {
        let mut add = |part, text: String| {
            let root = match part {
                "versioning" => "VersioningConfiguration",
                "encryption" => "ServerSideEncryptionConfiguration",
                "publicAccessBlock" => "PublicAccessBlockConfiguration",
                "object-lock" => "ObjectLockConfiguration",
                "tagging" => "Tagging",
                _ => "LifecycleConfiguration",
            };
            let xml = format!("<{root}>{text}</{root}>");
            self.buckets.insert((bucket.bucket_name.clone(), part), xml);
        };
        add("versioning", elements(&tree["VersioningConfiguration"]));
        add(
            "publicAccessBlock",
            elements(&tree["PublicAccessBlockConfiguration"]),
        );
        let lock = &tree["ObjectLockConfiguration"];
        if !lock.is_null() {
            add("object-lock", elements(lock));
        }
        let rules = bucket
            .lifecycle_configuration
            .iter()
            .flat_map(|it| &it.rules);
        add("lifecycle", rules.map(rule).collect());
        let tags = tree["Tags"].as_array().into_iter().flatten();
        let tags: String = tags
            .map(|tag| format!("<Tag>{}</Tag>", elements(tag)))
            .collect();
        add("tagging", format!("<TagSet>{tags}</TagSet>"));
        let mut encryption =
            tree["BucketEncryption"]["ServerSideEncryptionConfiguration"][0].clone();
        let given = &encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"];
        if !given.is_null() {
            let key = self.named(resource, given, place);
            encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] = json!(key);
        }
        let xml = format!(
            "<ServerSideEncryptionConfiguration><Rule>{}</Rule></ServerSideEncryptionConfiguration>",
            elements(&encryption)
                .replace("<Server", "<ApplyServer")
                .replace("</Server", "</ApplyServer")
        );
        self.buckets
            .insert((bucket.bucket_name.clone(), "encryption"), xml);
    }

    fn rds(&self, place: &Place, request: &Request) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body);
        let action = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="));
        let action = action.unwrap_or_default();
        let (root, found) = match action {
            "DescribeDBInstances" => ("DBInstances", &self.instances),
            "DescribeDBInstanceAutomatedBackups" => {
                ("DBInstanceAutomatedBackups", &self.replicated)
            }
            "DescribeEventSubscriptions" => ("EventSubscriptionsList", &self.subscriptions),
            other => panic!("nobody said what RDS answers to {other}"),
        };
        let found = found.get(place).map_or("", String::as_str);
        xml(
            200,
            format!(
                "<{action}Response><{action}Result><{root}>{found}</{root}></{action}Result></{action}Response>"
            ),
        )
    }

    fn kms(&self, place: &Place, request: &Request) -> ResponseTemplate {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        // The alias is the id as well.
        let id = text(&asked["KeyId"]);
        let Some(key) = self.keys.get(&(place.clone(), id.clone())) else {
            return refused(400, "NotFoundException");
        };
        let target = request.headers["x-amz-target"].to_str().unwrap();
        let tags = key["Tags"].as_array().into_iter().flatten();
        let tags: Vec<Value> = tags
            .map(|tag| json!({ "TagKey": tag["Key"], "TagValue": tag["Value"] }))
            .collect();
        ResponseTemplate::new(200).set_body_json(match target.rsplit('.').next().unwrap() {
            "DescribeKey" => json!({ "KeyMetadata": {
                "KeyId": id, "KeyState": "Enabled", "Enabled": true, "Description": key["Description"],
            } }),
            "GetKeyRotationStatus" => json!({ "KeyRotationEnabled": key["EnableKeyRotation"] }),
            "GetKeyPolicy" => json!({ "Policy": key["KeyPolicy"].to_string() }),
            "ListResourceTags" => json!({ "Tags": tags, "Truncated": false }),
            other => panic!("nobody said what KMS answers to {other}"),
        })
    }

    fn registry(&self, place: &Place, request: &Request) -> ResponseTemplate {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let (kind, identifier) = (text(&asked["TypeName"]), text(&asked["Identifier"]));
        match self.registry.get(&(place.clone(), kind, identifier)) {
            None => refused(400, "ResourceNotFoundException"),
            Some(tree) => {
                let mut properties = tree.clone();
                properties["Arn"] = asked["Identifier"].clone();
                ResponseTemplate::new(200).set_body_json(json!({
                    "TypeName": asked["TypeName"],
                    "ResourceDescription": {
                        "Identifier": asked["Identifier"],
                        "Properties": properties.to_string(),
                    },
                }))
            }
        }
    }

    fn s3(&self, request: &Request) -> ResponseTemplate {
        let bucket = request.url.path().trim_matches('/').to_owned();
        let mut query = request.url.query_pairs();
        let is_there = self.buckets.keys().any(|(name, _)| *name == bucket);
        let found = query.find_map(|(key, _)| {
            let mut all = self.buckets.iter();
            all.find(|((name, part), _)| *name == bucket && *part == key)
        });
        match (found, is_there) {
            (Some((_, body)), _) => xml(200, body.clone()),
            (None, true) => xml(404, "<Error><Code>NoSuchTagSet</Code></Error>".to_owned()),
            (None, false) => xml(404, "<Error><Code>NoSuchBucket</Code></Error>".to_owned()),
        }
    }
}

impl Respond for World {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let (account, region, service) = signed(request);
        let place = (account, region);
        match service.as_str() {
            "sts" => self.backup.respond(request),
            _ if self.refuses => denied(&service),
            "rds" => self.rds(&place, request),
            "kms" => self.kms(&place, request),
            "s3" => self.s3(request),
            "cloudcontrolapi" => self.registry(&place, request),
            "backup" | "cloudformation" => self.backup.respond(request),
            other => panic!("nobody said what {other} answers"),
        }
    }
}

fn denied(service: &str) -> ResponseTemplate {
    let code = "AccessDenied";
    match service {
        "rds" | "cloudformation" => xml(
            403,
            format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"),
        ),
        "s3" => xml(403, format!("<Error><Code>{code}</Code></Error>")),
        _ => refused(400, "AccessDeniedException"),
    }
}

fn refused(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("x-amzn-errortype", code)
        .set_body_json(json!({ "__type": code, "Code": code, "message": "said so" }))
}

fn xml(status: u16, body: String) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "text/xml")
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The members of an object as elements.
fn elements(tree: &Value) -> String {
    let members = tree.as_object().into_iter().flatten();
    members
        .map(|(name, value)| match value {
            Value::Object(_) => format!("<{name}>{}</{name}>", elements(value)),
            value => format!("<{name}>{}</{name}>", text(value)),
        })
        .collect()
}

fn list(values: &Value, element: &str) -> String {
    let values = values.as_array().into_iter().flatten();
    values
        .map(|value| format!("<{element}>{}</{element}>", text(value)))
        .collect()
}

fn subscription(tree: &Value) -> String {
    format!(
        "<EventSubscription><CustSubscriptionId>{}</CustSubscriptionId><Status>active</Status>\
         <SnsTopicArn>{}</SnsTopicArn><SourceType>{}</SourceType><Enabled>{}</Enabled>\
         <SourceIdsList>{}</SourceIdsList><EventCategoriesList>{}</EventCategoriesList>\
         </EventSubscription>",
        text(&tree["SubscriptionName"]),
        text(&tree["SnsTopicArn"]),
        text(&tree["SourceType"]),
        tree["Enabled"],
        list(&tree["SourceIds"], "SourceId"),
        list(&tree["EventCategories"], "EventCategory"),
    )
}
