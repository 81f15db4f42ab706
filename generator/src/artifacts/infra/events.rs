//! View of `infra/modules/events.bicep`: which events start which pipelines.

use serde::Serialize;

use super::super::fragment::Fragment;
use super::api_versions::ApiVersions;
use crate::project::Project;

/// View of the module.
#[derive(Debug, Serialize)]
pub(super) struct EventsView {
    api: ApiVersions,
    /// Whether new data starts a retraining.
    new_data: bool,
    flows: Vec<Flow>,
}

/// A way from an event to a pipeline.
#[derive(Debug, Serialize)]
struct Flow {
    comment: Fragment,
    /// Symbols of the Logic App, its topic and the topic's subscription.
    symbol: Fragment,
    topic: Fragment,
    subscription: Fragment,
    /// Parameter with the number of the pipeline.
    pipeline: Fragment,
    /// Expressions of the names of Logic App (43 characters at the most) and topic (no underscores).
    name: Fragment,
    topic_name: Fragment,
    /// Where events come from: type of the resource, expression of its name, type of the topic.
    source_type: &'static str,
    source_name: Fragment,
    topic_type: &'static str,
    /// Workflow expression of the blob that claims the event.
    claim: String,
    /// Template parameters of the pipeline.
    parameters: Vec<Parameter>,
    /// Lines of the event filter.
    filter: Vec<Fragment>,
}

/// A template parameter of a pipeline and the workflow expression of its value.
#[derive(Debug, Serialize)]
struct Parameter {
    name: Fragment,
    value: &'static str,
}

pub(super) fn view(project: &Project) -> EventsView {
    let new_data = project.training.on_new_data.is_some();
    let mut flows = vec![model_registered()];
    if new_data {
        flows.push(data_arrived());
    }
    EventsView { api: ApiVersions::of(project), new_data, flows }
}

fn lines(lines: &[&str]) -> Vec<Fragment> {
    lines.iter().map(|line| Fragment::new(*line)).collect()
}

/// A model version is released once, however often its registration is told.
fn model_registered() -> Flow {
    let parameter = |name: &str, value| Parameter { name: Fragment::new(name), value };
    Flow {
        comment: Fragment::new("A model was registered: release this version."),
        symbol: Fragment::new("modelRegistered"),
        topic: Fragment::new("workspaceTopic"),
        subscription: Fragment::new("modelRegisteredEvents"),
        pipeline: Fragment::new("releasePipelineId"),
        name: Fragment::new("'${take(workspaceName, 26)}-model-registered'"),
        topic_name: Fragment::new("'${replace(workspaceName, '_', '-')}-events'"),
        source_type: "Microsoft.MachineLearningServices/workspaces",
        source_name: Fragment::new("workspaceName"),
        topic_type: "Microsoft.MachineLearningServices.Workspaces",
        claim: "@concat(parameters('claims'), '/model/', \
                encodeUriComponent(triggerBody()?[0]?['data']?['modelName']), '/', \
                encodeUriComponent(triggerBody()?[0]?['data']?['modelVersion']))"
            .to_owned(),
        parameters: vec![
            parameter("modelName", "@{triggerBody()?[0]?['data']?['modelName']}"),
            parameter("modelVersion", "@{triggerBody()?[0]?['data']?['modelVersion']}"),
        ],
        filter: lines(&[
            "includedEventTypes: [",
            "  'Microsoft.MachineLearningServices.ModelRegistered'",
            "]",
            "// Other models of the workspace have releases of their own.",
            "advancedFilters: [",
            "  {",
            "    operatorType: 'StringIn'",
            "    key: 'data.modelName'",
            "    values: [",
            "      modelName",
            "    ]",
            "  }",
            "]",
        ]),
    }
}

/// A blob that is written again is new data again, so the event and not the blob is claimed.
fn data_arrived() -> Flow {
    Flow {
        comment: Fragment::new("New data arrived: retrain."),
        symbol: Fragment::new("dataArrived"),
        topic: Fragment::new("storageTopic"),
        subscription: Fragment::new("dataArrivedEvents"),
        pipeline: Fragment::new("retrainPipelineId"),
        name: Fragment::new("'${take(workspaceName, 26)}-data-arrived'"),
        topic_name: Fragment::new("'${storageName}-events'"),
        source_type: "Microsoft.Storage/storageAccounts",
        source_name: Fragment::new("storageName"),
        topic_type: "Microsoft.Storage.StorageAccounts",
        claim: "@concat(parameters('claims'), '/data/', encodeUriComponent(triggerBody()?[0]?['id']))".to_owned(),
        parameters: vec![Parameter { name: Fragment::new("newData"), value: "@{triggerBody()?[0]?['data']?['url']}" }],
        filter: lines(&[
            "includedEventTypes: [",
            "  'Microsoft.Storage.BlobCreated'",
            "]",
            "subjectBeginsWith: '/blobServices/default/containers/${dataContainer}/blobs/${dataPrefix}'",
        ]),
    }
}
