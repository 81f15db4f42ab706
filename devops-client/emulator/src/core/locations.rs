//! The resource locations that the emulator serves, as `OPTIONS {org}/_apis` states them.
//!
//! Official clients negotiate versions and build URLs from this table, so ids, templates and version ranges are those of
//! the live service (bootstrap document `options_apis.json`; Graph and identities, which live on another host of the
//! service, by the ids that the official Python client asks for). Only what is implemented is listed: a client that asks
//! for another area is told so by its own negotiation.

use serde_json::{Value, json};

/// One row of the negotiation table.
#[derive(Debug)]
pub struct Location {
    /// The location id, a GUID that is the same in every organization.
    pub id: &'static str,
    /// The area, e.g. `git`.
    pub area: &'static str,
    /// The resource, e.g. `refs`.
    pub resource: &'static str,
    /// The route with its `{parameters}`.
    pub template: &'static str,
    /// The newest revision of the resource within its newest version.
    pub version: u8,
    /// The oldest api-version served.
    pub min: &'static str,
    /// The newest api-version served, as a preview if it is above `released`.
    pub max: &'static str,
    /// The newest api-version that needs no `-preview`; `0.0` when there is none.
    pub released: &'static str,
}

impl Location {
    /// The row as `OPTIONS` answers it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "area": self.area,
            "resourceName": self.resource,
            "routeTemplate": self.template,
            "resourceVersion": self.version,
            "minVersion": self.min,
            "maxVersion": self.max,
            "releasedVersion": self.released,
        })
    }
}

macro_rules! locations {
    ($($name:ident = [$id:literal, $area:literal, $resource:literal, $template:literal, $version:literal, $min:literal, $max:literal, $released:literal];)*) => {
        $(
            #[doc = concat!("`", $area, "/", $resource, "`: `", $template, "`.")]
            pub const $name: Location = Location {
                id: $id, area: $area, resource: $resource, template: $template,
                version: $version, min: $min, max: $max, released: $released,
            };
        )*
        /// Every location, in the order of the table.
        pub const ALL: &[&Location] = &[$(&$name),*];
    };
}

locations! {
    CORE_PROJECTS = ["603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4, "1.0", "7.2", "7.1"];
    CORE_PROJECT_PROPERTIES = ["4976a71a-4487-49aa-8aab-a1eda469037a", "core", "properties", "_apis/projects/{projectId}/{resource}", 1, "3.2", "7.2", "0.0"];
    OPERATIONS = ["9a1b74b4-2ca8-4a9f-8470-c2f2e6fdc949", "operations", "operations", "_apis/{resource}/{operationId}", 1, "2.0", "7.2", "7.1"];
    CONNECTION_DATA = ["00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1, "1.0", "7.2", "0.0"];
    RESOURCE_AREAS = ["e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1, "3.2", "7.2", "0.0"];
    GIT_REPOSITORIES = ["225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "git", "repositories", "{project}/_apis/{area}/{resource}/{repositoryId}", 1, "1.0", "7.2", "7.1"];
    GIT_DELETED_REPOSITORIES = ["a663da97-81db-4eb3-8b83-287670f63073", "git", "recycleBinRepositories", "{project}/_apis/{area}/recycleBin/repositories/{repositoryId}", 1, "4.1", "7.2", "7.1"];
    GIT_REFS = ["2d874a60-a811-4f62-9c9f-963a6ea0a55b", "git", "refs", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*filter}", 2, "1.0", "7.2", "7.1"];
    GIT_ITEMS = ["fb93c0db-47ed-4a31-8c20-47552878fb44", "git", "items", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*path}", 1, "1.0", "7.2", "7.1"];
    GIT_COMMITS = ["c2570c3b-5b3f-41b8-98bf-5407bfde8d58", "git", "commits", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{commitId}", 2, "1.0", "7.2", "7.1"];
    GIT_CHANGES = ["5bf884f5-3e07-42e9-afb8-1b872267bf16", "git", "changes", "{project}/_apis/{area}/repositories/{repositoryId}/commits/{commitId}/{resource}", 1, "1.0", "7.2", "7.1"];
    GIT_BLOBS = ["7b28e929-2c99-405d-9c5c-6167a06e6816", "git", "blobs", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{sha1}", 1, "1.0", "7.2", "7.1"];
    GIT_BRANCH_STATS = ["40c1f5b7-2bb6-4c28-b844-0f47cd6bb610", "git", "branchStats", "{project}/_apis/{area}/repositories/{repositoryId}/stats/branches/{*name}", 1, "1.0", "7.2", "7.1"];
    GIT_BRANCHES_STATS = ["d5b216de-d8d5-4d32-ae76-51df755b16d3", "git", "branchStats", "{project}/_apis/{area}/repositories/{repositoryId}/stats/branches", 2, "1.0", "7.2", "7.1"];
    GIT_REPOSITORY_PULL_REQUESTS = ["9946fd70-0d40-406e-b686-b4744cbbcc37", "git", "pullRequests", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pullRequestId}", 2, "1.0", "7.2", "7.1"];
    GIT_PROJECT_PULL_REQUESTS = ["a5d28130-9cd2-40fa-9f08-902e7daa9efb", "git", "pullRequests", "{project}/_apis/{area}/{resource}", 2, "1.0", "7.2", "7.1"];
    GIT_PULL_REQUEST_BY_ID = ["01a46dea-7d46-4d40-bc84-319e7c260d99", "git", "pullRequests", "{project}/_apis/{area}/{resource}/{pullRequestId}", 2, "3.0", "7.2", "7.1"];
    GIT_POLICY_CONFIGURATIONS = ["2c420070-a0a2-49cc-9639-c9f271c5ff07", "git", "policyConfigurations", "{project}/_apis/{area}/policy/configurations", 1, "5.0", "7.2", "7.1"];
    ENDPOINTS_PROJECT = ["e85f1c62-adfc-4b74-b618-11a150fb195e", "serviceendpoint", "endpoints", "{project}/_apis/{area}/{resource}/{endpointId}", 4, "4.1", "7.2", "7.1"];
    ENDPOINTS_ORG = ["14e48fdc-2c8b-41ce-a0c3-e26f6cc55bd0", "serviceendpoint", "endpoints", "_apis/{area}/{resource}/{endpointId}", 4, "5.2", "7.2", "7.1"];
    ENDPOINT_PROXY = ["cc63bb57-2a5f-4a7a-b79c-c142d308657e", "serviceendpoint", "endpointproxy", "{project}/_apis/{area}/{resource}", 1, "4.1", "7.2", "7.1"];
    ENDPOINT_TYPES = ["5a7938a4-655e-486c-b562-b78c54a7e87b", "serviceendpoint", "types", "_apis/{area}/{resource}", 1, "4.1", "7.2", "7.1"];
    VARIABLE_GROUPS_PROJECT = ["f5b09dd5-9d54-45a1-8b5a-1c8287d634cc", "distributedtask", "variablegroups", "{project}/_apis/{area}/{resource}/{groupId}", 2, "3.1", "7.2", "7.1"];
    VARIABLE_GROUPS_ORG = ["ef5b7057-ffc3-4c77-bbad-c10b4a4abcc7", "distributedtask", "variablegroups", "_apis/{area}/{resource}/{groupId}", 2, "5.2", "7.2", "7.1"];
    ENVIRONMENTS = ["8572b1fc-2482-47fa-8f74-7e3ed53ee54b", "distributedtask", "environments", "{project}/_apis/{area}/{resource}/{environmentId}", 1, "5.0", "7.2", "7.1"];
    KUBERNETES = ["73fba52f-15ab-42b3-a538-ce67a9223a04", "distributedtask", "kubernetes", "{project}/_apis/{area}/environments/{environmentId}/providers/{resource}/{resourceId}", 1, "5.0", "7.2", "7.1"];
    DEPLOYMENT_RECORDS = ["51bb5d21-4305-4ea6-9dbb-b7488af73334", "distributedtask", "environmentdeploymentRecords", "{project}/_apis/{area}/environments/{environmentId}/{resource}", 1, "5.0", "7.2", "7.1"];
    PIPELINES_ENVIRONMENTS = ["d86b72de-d240-4d6f-8d06-08c2d66b015d", "environments", "environments", "{project}/_apis/pipelines/{resource}/{environmentId}", 1, "5.2", "7.2", "7.1"];
    PIPELINES_KUBERNETES = ["73fba52f-33ab-42b3-a538-ce67a9223b15", "environments", "kubernetes", "{project}/_apis/pipelines/environments/{environmentId}/providers/{resource}/{resourceId}", 2, "5.2", "7.2", "7.1"];
    QUEUES = ["900fa995-c559-4923-aae7-f8424fe4fbea", "distributedtask", "queues", "{project}/_apis/{area}/{resource}/{queueId}", 1, "2.0", "7.2", "7.1"];
    AGENTS = ["e298ef32-5878-4cab-993c-043836571f42", "distributedtask", "agents", "_apis/{area}/pools/{poolId}/{resource}/{agentId}", 1, "1.0", "7.2", "7.1"];
    POOLS = ["a8c47e17-4d56-4a56-92bb-de7ea7dc65be", "distributedtask", "pools", "_apis/{area}/{resource}/{poolId}", 1, "1.0", "7.2", "7.1"];
    YAML_SCHEMA = ["1f9990b9-1dba-441f-9c2e-6485888c42b6", "distributedtask", "yamlschema", "_apis/{area}/{resource}", 1, "5.0", "7.2", "7.1"];
    WEBHOOKS = ["44f7ed85-9a3a-4669-bd4c-312d021559f4", "distributedtask", "webhooks", "_apis/public/{area}/{resource}/{webHookId}", 1, "6.0", "7.2", "0.0"];
    APPROVALS = ["37794717-f36f-4d78-b2bf-4dc30d0cfbcd", "approval", "approvals", "{project}/_apis/pipelines/{resource}/{approvalId}", 2, "5.1", "7.2", "7.1"];
    CHECKS = ["86c8381e-5aee-4cde-8ae4-25c0c7f5eaea", "PipelinesChecks", "configurations", "{project}/_apis/pipelines/checks/{resource}/{id}", 1, "5.1", "7.2", "0.0"];
    CHECKS_QUERY = ["5f3d0e64-f943-4584-8811-77eb495e831e", "PipelinesChecks", "queryconfigurations", "{project}/_apis/pipelines/checks/{resource}", 1, "5.2", "7.2", "0.0"];
    PIPELINE_PERMISSIONS = ["b5b9a4a4-e6cd-4096-853c-ab7d8b0c4eb2", "pipelinePermissions", "pipelinePermissions", "{project}/_apis/pipelines/{resource}/{resourceType}/{resourceId}", 1, "5.1", "7.2", "0.0"];
    PIPELINES = ["28e1305e-2afe-47bf-abaf-cbb0e6a91988", "Pipelines", "pipelines", "{project}/_apis/{area}/{pipelineId}", 1, "5.1", "7.2", "7.1"];
    RUNS = ["7859261e-d2e9-4a68-b820-a5d84cc5bb3d", "Pipelines", "runs", "{project}/_apis/{area}/{pipelineId}/{resource}/{runId}", 2, "5.1", "7.2", "7.1"];
    PREVIEW = ["53df2d18-29ea-46a9-bee0-933540f80abf", "pipelines", "preview", "{project}/_apis/{area}/{pipelineId}/{resource}", 2, "5.1", "7.2", "7.1"];
    RUN_LOGS = ["fb1b6d27-3957-43d5-a14b-a2d70403e545", "Pipelines", "logs", "{project}/_apis/{area}/{pipelineId}/runs/{runId}/{resource}/{logId}", 1, "5.1", "7.2", "7.1"];
    RUN_ARTIFACTS = ["85023071-bd5e-4438-89b0-2a5bf362a19d", "Pipelines", "artifacts", "{project}/_apis/{area}/{pipelineId}/runs/{runId}/{resource}", 1, "5.2", "7.2", "7.1"];
    BUILDS = ["0cd358e1-9217-4d94-8269-1c1ee6f93dcf", "Build", "Builds", "{project}/_apis/build/{resource}/{buildId}", 7, "1.0", "7.2", "7.1"];
    DEFINITIONS = ["dbeaf647-6167-421a-bda9-c9327b25e2e6", "Build", "Definitions", "{project}/_apis/build/{resource}/{definitionId}", 7, "1.0", "7.2", "7.1"];
    DEFINITION_REVISIONS = ["7c116775-52e5-453e-8c5d-914d9762d8c4", "build", "revisions", "{project}/_apis/{area}/definitions/{definitionId}/{resource}", 3, "2.0", "7.2", "7.1"];
    DEFINITION_YAML = ["7c3df3a1-7e51-4150-8cf7-540347f8697f", "build", "yaml", "{project}/_apis/{area}/definitions/{definitionId}/{resource}", 1, "6.0", "7.2", "7.1"];
    TIMELINE = ["8baac422-4c6e-4de5-8532-db96d92acffa", "build", "Timeline", "{project}/_apis/{area}/builds/{buildId}/{resource}/{timelineId}", 3, "2.0", "7.2", "7.1"];
    BUILD_LOGS = ["35a80daf-7f30-45fc-86e8-6b813d9c90df", "build", "logs", "{project}/_apis/{area}/builds/{buildId}/{resource}/{logId}", 2, "2.0", "7.2", "7.1"];
    BUILD_ARTIFACTS = ["1db06c96-014e-44e1-ac91-90b2d4b3e984", "build", "artifacts", "{project}/_apis/{area}/builds/{buildId}/{resource}/{artifactName}", 5, "2.0", "7.2", "7.1"];
    BUILD_STAGES = ["b8aac6c9-744b-46e1-88fc-3550969f9313", "build", "stages", "{project}/_apis/{area}/builds/{buildId}/{resource}/{stageRefName}", 5, "5.2", "7.2", "7.1"];
    BUILD_TAGS = ["6e6114b2-8161-44c8-8f6c-c5505782427f", "build", "tags", "{project}/_apis/{area}/builds/{buildId}/{resource}/{*tag}", 3, "2.0", "7.2", "7.1"];
    BUILD_CHANGES = ["54572c7b-bbd3-45d4-80dc-28be08941620", "build", "changes", "{project}/_apis/{area}/builds/{buildId}/{resource}", 2, "2.0", "7.2", "7.1"];
    TEST_RUNS = ["cadb3810-d47d-4a3c-a234-fe5f3be50138", "Test", "Runs", "{project}/_apis/test/{resource}/{runId}", 3, "1.0", "7.2", "7.1"];
    TEST_RESULTS = ["4637d869-3a76-4468-8057-0bb02aa385cf", "Test", "Results", "{project}/_apis/test/Runs/{runId}/{resource}/{testCaseResultId}", 6, "1.0", "7.2", "7.1"];
    CODE_COVERAGE = ["77560e8a-4e8c-4d59-894e-a5f264c24444", "Test", "CodeCoverage", "{project}/_apis/test/{resource}", 1, "2.0", "7.2", "7.1"];
    BUILD_FOLDERS = ["a906531b-d2da-4f55-bda7-f3e676cc50d9", "build", "folders", "{project}/_apis/{area}/{resource}/{*path}", 2, "3.0", "7.2", "0.0"];
    BUILD_GENERAL_SETTINGS = ["c4aefd19-30ff-405b-80ad-aca021e7242a", "build", "generalSettings", "{project}/_apis/{area}/{resource}", 1, "6.0", "7.2", "7.1"];
    POLICY_CONFIGURATIONS = ["dad91cbe-d183-45f8-9c6e-9c1164472121", "policy", "configurations", "{project}/_apis/{area}/{resource}/{configurationId}", 1, "2.0", "7.2", "7.1"];
    POLICY_REVISIONS = ["fe1e68a2-60d3-43cb-855b-85e41ae97c95", "policy", "revisions", "{project}/_apis/{area}/configurations/{configurationId}/{resource}/{revisionId}", 1, "2.0", "7.2", "7.1"];
    POLICY_TYPES = ["44096322-2d3d-466a-bb30-d1b7de69f61f", "policy", "types", "{project}/_apis/{area}/{resource}/{typeId}", 1, "2.0", "7.2", "7.1"];
    POLICY_EVALUATIONS = ["c23ddff5-229c-4d04-a80b-0fdce9f360c8", "policy", "evaluations", "{project}/_apis/{area}/{resource}", 1, "2.0", "7.2", "0.0"];
    HOOK_SUBSCRIPTIONS = ["fc50d02a-849f-41fb-8af1-0a5216103269", "hooks", "subscriptions", "_apis/{area}/{resource}/{subscriptionId}", 1, "1.0", "7.2", "7.1"];
    HOOK_PUBLISHERS = ["1e83a210-5b53-43bc-90f0-d476a4e5d731", "hooks", "publishers", "_apis/{area}/{resource}/{publisherId}", 1, "1.0", "7.2", "7.1"];
    HOOK_CONSUMERS = ["4301c514-5f34-4f5d-a145-f0ea7b5b7d19", "hooks", "consumers", "_apis/{area}/{resource}/{consumerId}", 1, "1.0", "7.2", "7.1"];
    PERMISSION_EVALUATION = ["cf1faa59-1b63-4448-bf04-13d981a46f5d", "Security", "PermissionEvaluationBatch", "_apis/{area}/{resource}", 1, "3.0", "7.2", "7.1"];
    ACCESS_CONTROL_LISTS = ["18a2ad18-7571-46ae-bec7-0c7da1495885", "Security", "AccessControlLists", "_apis/{resource}/{securityNamespaceId}", 1, "1.0", "7.2", "7.1"];
    ACCESS_CONTROL_ENTRIES = ["ac08c8ff-4323-4b08-af90-bcd018d380ce", "Security", "AccessControlEntries", "_apis/{resource}/{securityNamespaceId}", 1, "1.0", "7.2", "7.1"];
    SECURITY_PERMISSIONS = ["dd3b8bd6-c7fc-4cbd-929a-933d9c011c9d", "Security", "Permissions", "_apis/{resource}/{securityNamespaceId}/{permissions}", 2, "1.0", "7.2", "7.1"];
    SECURITY_NAMESPACES = ["ce7b9f95-fde9-4be8-a86d-83b366f0b87a", "Security", "SecurityNamespaces", "_apis/{resource}/{securityNamespaceId}", 1, "1.0", "7.2", "7.1"];
    GIT_PUSHES = ["ea98d07b-3c87-4971-8ede-a613694ffb55", "git", "pushes", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pushId}", 3, "1.0", "7.2", "7.1"];
    GIT_TREES = ["729f6437-6f92-44ec-8bee-273a7111063c", "git", "trees", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{sha1}", 1, "1.0", "7.2", "7.1"];
    IDENTITIES = ["28010c54-d0c0-4c89-a5b0-1c9e188b9fb7", "IMS", "Identities", "_apis/{resource}/{identityId}", 1, "1.0", "7.2", "7.1"];
    GRAPH_USERS = ["005e26ec-6b77-4e4f-a986-b3827bf241f5", "Graph", "Users", "_apis/{area}/{resource}/{userDescriptor}", 1, "1.0", "7.2", "0.0"];
    GRAPH_GROUPS = ["ebbe6af8-0b91-4c13-8cf1-777c14858188", "Graph", "Groups", "_apis/{area}/{resource}/{groupDescriptor}", 1, "1.0", "7.2", "0.0"];
    GRAPH_DESCRIPTORS = ["048aee0a-7072-4cde-ab73-7af77b1e0b4e", "Graph", "Descriptors", "_apis/{area}/{resource}/{storageKey}", 1, "1.0", "7.2", "0.0"];
    GRAPH_STORAGE_KEYS = ["eb85f8cc-f0f6-4264-a5b1-ffe2e4d4801f", "Graph", "StorageKeys", "_apis/{area}/{resource}/{subjectDescriptor}", 1, "1.0", "7.2", "0.0"];
    GRAPH_SERVICE_PRINCIPALS = ["e1dbb0ae-49cb-4532-95a1-86cd89cfcab4", "Graph", "ServicePrincipals", "_apis/{area}/{resource}/{servicePrincipalDescriptor}", 1, "1.0", "7.2", "0.0"];
    GRAPH_MEMBERSHIPS = ["3fd2e6ca-fb30-443a-b579-95b19ed0934c", "Graph", "Memberships", "_apis/{area}/{resource}/{subjectDescriptor}/{containerDescriptor}", 1, "1.0", "7.2", "0.0"];
    GRAPH_MEMBERSHIPS_OF = ["e34b6394-6b30-4435-94a9-409a5eef3e31", "Graph", "Memberships", "_apis/{area}/{resource}/{subjectDescriptor}", 1, "1.0", "7.2", "0.0"];
    GRAPH_MEMBERSHIP_STATES = ["1ffe5c94-1144-4191-907b-d0211cad36a8", "Graph", "MembershipStates", "_apis/{area}/{resource}/{subjectDescriptor}", 1, "1.0", "7.2", "0.0"];
    GRAPH_SUBJECT_QUERY = ["05942c89-006a-48ce-bb79-baeb8abf99c6", "Graph", "SubjectQuery", "_apis/{area}/{resource}", 1, "1.0", "7.2", "0.0"];
}

/// Areas as `GET {org}/_apis/ResourceAreas` names them: id and name (bootstrap document `resource_areas.json`).
pub const AREAS: &[(&str, &str)] = &[
    ("fb13a388-40dd-4a04-b530-013a739c72ef", "policy"),
    ("79134c72-4a58-4b42-976c-04e7115f32bf", "core"),
    ("a85b8835-c1a1-4aac-ae97-1c3d0ba72dbd", "distributedtask"),
    ("4e080c62-fa21-4fbc-8fef-2a10a2b38049", "git"),
    ("5b55a9b6-2e0f-40d7-829d-3741d2b8c4e4", "approval"),
    ("4a933897-0488-45af-bd82-6fd3ad33f46a", "PipelinesChecks"),
    ("965220d5-5bb9-42cf-8d67-9b146df2a5a4", "Build"),
    ("c2aa639c-3ccc-4740-b3b6-ce2a1e1d984e", "Test"),
    ("2e0bf237-8973-4ec9-a581-9c3d679d1776", "pipelines"),
    ("8a3d49b8-91f0-46ef-b33d-dda338c25db3", "IMS"),
    ("bb1e7ec9-e901-4b68-999a-de7012b920f8", "Graph"),
    ("fc3682be-3d6c-427a-87c8-e527b16a1d05", "Identity"),
    ("1814ab31-2f4f-4a9f-8761-f4d77dc5a5d7", "serviceendpoint"),
    ("0a833654-df2a-437e-8253-fe6b63b82035", "environments"),
    ("a81a0441-de52-4000-aa15-ff0e07bfbbaa", "pipelinePermissions"),
    ("00025394-6065-48ca-87d9-7f5672854ef7", "Location Service"),
];
