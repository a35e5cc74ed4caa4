//! S3: what a bucket holds of dumps and drills.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use futures::StreamExt;

use super::super::super::AT_A_TIME;
use super::super::super::points::store::{Object, Refusal, Store, Text};
use super::super::clients::Clients;
use super::{Asked, Told, reason};
use crate::cloud::aws::reads;
use crate::plan::PointSource;

/// A bucket, asked for in the name of the account that should own it.
pub(in super::super::super) struct Bucket<'b> {
    client: &'b Client,
    account: &'b str,
    name: &'b str,
}

/// A manifest or a result has a few kilobytes; a dump of many tables some more.
const TEXT_BYTES: i64 = 16 << 20;

pub(super) async fn read(clients: &Clients, account: &str, asked: &[Asked<'_>]) -> Vec<Told> {
    if asked.is_empty() {
        return Vec::new();
    }
    let client = &clients.s3();
    futures::stream::iter(asked.to_vec())
        .map(|one| async move {
            let PointSource::Bucket { bucket, .. } = one.source() else {
                return one.unreadable("not a bucket");
            };
            let store = Store::Bucket(Bucket {
                client,
                account,
                name: bucket,
            });
            store.told(one).await
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

impl Bucket<'_> {
    pub(in super::super::super) async fn list(&self, prefix: &str) -> Result<Vec<Object>, Refusal> {
        let request = self
            .client
            .list_objects_v2()
            .bucket(self.name)
            .prefix(prefix)
            .expected_bucket_owner(self.account);
        let mut pages = request.into_paginator().send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.refusal(reads::LIST_OBJECTS.action, &error))?;
            objects.extend(page.contents().iter().filter_map(|object| {
                Some(Object {
                    name: object.key()?.to_owned(),
                    bytes: u64::try_from(object.size()?).ok()?,
                })
            }));
        }
        Ok(objects)
    }

    pub(in super::super::super) async fn get(&self, name: &str) -> Result<Text, Refusal> {
        let request = self
            .client
            .get_object()
            .bucket(self.name)
            .key(name)
            .expected_bucket_owner(self.account);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("InvalidObjectState") => return Ok(Text::Archived),
            Err(error) => return Err(self.refusal(reads::GET_OBJECT.action, &error)),
        };
        if answer
            .content_length()
            .is_none_or(|bytes| bytes > TEXT_BYTES)
        {
            return Ok(Text::Here(Vec::new()));
        }
        let body = answer.body.collect().await;
        let body = body.map_err(|error| {
            let cause = super::super::chain(&error);
            Refusal::Unreadable(format!("{}: {cause}", reads::GET_OBJECT.action))
        })?;
        Ok(Text::Here(body.to_vec()))
    }

    fn refusal<E, R>(&self, action: &str, error: &SdkError<E, R>) -> Refusal
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug + 'static,
    {
        match error.code() {
            Some("NoSuchBucket") => {
                Refusal::Absent(format!("the bucket {} does not exist", self.name))
            }
            _ => Refusal::Unreadable(reason(action, error)),
        }
    }
}
