//! What a cluster is and what it offers, asked once at the start.

use serde_json::Value;
use vigie_domain::Result;
use vigie_foundation::http::Method;

use super::client::Cluster;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Abilities {
    /// `elasticsearch` or `opensearch`.
    pub(super) engine: &'static str,
    pub(super) version: String,
    /// Index lifecycle management of Elasticsearch.
    pub(super) ilm: bool,
    /// Index state management of OpenSearch.
    pub(super) ism: bool,
    pub(super) data_streams: bool,
}

impl Abilities {
    /// Asks the cluster. Builds of Elasticsearch 8 without their modules answer 405 at `/`: the version is taken from the node itself.
    pub(super) async fn probe(cluster: &Cluster) -> Result<Self> {
        let node = cluster.ask(Method::GET, "/_nodes/_local?filter_path=nodes.*.version").await?.success()?;
        let version = node["nodes"].as_object().and_then(|nodes| nodes.values().next()).and_then(|node| node["version"].as_str());
        let root = cluster.ask(Method::GET, "/").await?;
        let is_opensearch = root.body["version"]["distribution"] == "opensearch";
        Ok(Self {
            engine: if is_opensearch { "opensearch" } else { "elasticsearch" },
            version: version.or(root.body["version"]["number"].as_str()).unwrap_or("unknown").to_owned(),
            ilm: !is_opensearch && has(cluster, "/_ilm/policy").await?,
            ism: is_opensearch && has(cluster, "/_plugins/_ism/policies").await?,
            data_streams: has(cluster, "/_data_stream").await?,
        })
    }

    /// Their names, for the service status.
    pub(super) fn names(&self) -> Vec<String> {
        let all = [("data_streams", self.data_streams), ("ilm", self.ilm), ("ism", self.ism)];
        all.into_iter().filter(|(_, offered)| *offered).map(|(name, _)| name.to_owned()).collect()
    }
}

/// Whether a path is answered. One that is not there is a 400 or 404 without an answer of its kind.
async fn has(cluster: &Cluster, path: &str) -> Result<bool> {
    let answer = cluster.ask(Method::GET, path).await?;
    // an empty list of policies is a 404 too, but says what was not found
    Ok(answer.status < 300 || (answer.status == 404 && matches!(answer.body["error"], Value::Object(_))))
}
