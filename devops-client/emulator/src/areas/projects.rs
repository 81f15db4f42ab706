//! Team projects. Making and deleting one is a long-running operation.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::operations;
use crate::core::json::{at, same, text};
use crate::core::locations::{CORE_PROJECT_PROPERTIES, CORE_PROJECTS};
use crate::core::paging::page;
use crate::core::route::Route;
use crate::core::{Call, Organization, Outcome, Response, ServiceError};
pub use crate::state::projects::Project;
use crate::state::projects::Work;
use crate::state::repositories::Repository;

/// The routes. `{*projectId}` of the live table is one segment here, because names hold no slash.
pub const ROUTES: &[Route] = &[
    Route::get("_apis/projects", &CORE_PROJECTS, list),
    Route::post("_apis/projects", &CORE_PROJECTS, create),
    Route::get("_apis/projects/{project}", &CORE_PROJECTS, get),
    Route::patch("_apis/projects/{project}", &CORE_PROJECTS, update),
    Route::delete("_apis/projects/{project}", &CORE_PROJECTS, delete),
    Route::get("_apis/projects/{project}/properties", &CORE_PROJECT_PROPERTIES, properties),
];

impl Organization {
    /// A project by id or name.
    pub fn find_project(&self, key: &str) -> Option<&Project> {
        let visible = |project: &&Project| project.state != "deleting";
        match Uuid::parse_str(key) {
            Ok(id) => self.projects.get(&id).filter(visible),
            Err(_) => self.projects.values().filter(visible).find(|project| same(&project.name, key)),
        }
    }

    /// Adds a finished project with its default repository and its queues; gives back its id.
    pub fn add_project(&mut self, name: &str, now: Timestamp) -> Uuid {
        let id = self.new_project(name, now);
        self.finish_project(id, now);
        id
    }

    fn new_project(&mut self, name: &str, now: Timestamp) -> Uuid {
        let id = self.ids.guid();
        let project = Project {
            id,
            name: name.to_owned(),
            description: String::new(),
            state: "createPending".to_owned(),
            visibility: "private".to_owned(),
            revision: 1,
            updated: now,
            capabilities: json!({
                "processTemplate": { "templateName": "Agile", "templateTypeId": "adcc42ab-9882-485e-a3ed-7678f01f66bc" },
                "versioncontrol": { "sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False" },
            }),
        };
        self.projects.insert(id, project);
        id
    }

    /// Makes a project ready: its state, its repository of the same name, its queues, its groups of people.
    pub fn finish_project(&mut self, id: Uuid, now: Timestamp) {
        let Some(project) = self.projects.get_mut(&id) else { return };
        project.state = "wellFormed".to_owned();
        project.updated = now;
        let name = project.name.clone();
        let repository = Repository::new(self.ids.guid(), id, &name);
        self.repositories.insert(repository.id, repository);
        super::queues::seed_queues(self, id);
        for group in ["Contributors", "Project Administrators", "Readers", &format!("{name} Team")] {
            self.add_identity(&format!("[{name}]\\{group}"), &format!("vstfs:///{id}/{group}"), true);
        }
    }

    /// Removes a project and all that stands in it.
    pub fn remove_project(&mut self, id: Uuid) {
        self.projects.remove(&id);
        self.repositories.retain(|_, repository| repository.project != id);
        self.environments.retain(|_, environment| environment.project != id);
        self.queues.retain(|_, queue| queue.project != id);
        self.definitions.retain(|_, definition| definition.project != id);
        self.builds.retain(|_, build| build.project != id);
        self.policies.retain(|_, policy| policy.project != id);
        self.checks.retain(|_, check| check.project != id);
        self.approvals.retain(|_, approval| approval.project != id);
        self.permissions.retain(|permissions| permissions.project != id);
        let scope = format!("vstfs:///{id}/");
        let gone =
            |identity: &crate::state::people::Identity| identity.group && identity.unique_name.starts_with(&scope);
        let groups: Vec<Uuid> = self.identities.iter().filter(|one| gone(one)).map(|one| one.id).collect();
        self.memberships.retain(|(_, group)| !groups.contains(group));
        for endpoint in self.endpoints.values_mut() {
            endpoint.leave_project(id);
        }
        self.endpoints.retain(|_, endpoint| !endpoint.references.is_empty());
        for group in self.groups.values_mut() {
            group.leave_project(id);
        }
        self.groups.retain(|_, group| !group.references.is_empty());
    }
}

fn full(call: &Call<'_>, project: &Project) -> Value {
    let mut body = project.reference(&call.root());
    body["_links"] = json!({
        "self": { "href": body["url"] },
        "collection": { "href": call.url(&format!("_apis/projectCollections/{}", call.organization.id)) },
        "web": { "href": call.url(&project.name) },
    });
    if call.request.query_flag("includeCapabilities") {
        body["capabilities"] = project.capabilities.clone();
    }
    let team = crate::core::ids::named(&format!("team {}", project.id));
    body["defaultTeam"] = json!({
        "id": team,
        "name": format!("{} Team", project.name),
        "url": call.url(&format!("_apis/projects/{}/teams/{team}", project.id)),
    });
    body
}

fn list(call: &mut Call<'_>) -> Outcome {
    let filter = call.request.query("stateFilter").unwrap_or("wellFormed").to_owned();
    let root = call.root();
    let mut items: Vec<(String, Value)> = call
        .organization
        .projects
        .values()
        .filter(|project| filter.eq_ignore_ascii_case("all") || project.state.eq_ignore_ascii_case(&filter))
        .map(|project| (format!("{} {}", project.name.to_lowercase(), project.id), project.reference(&root)))
        .collect();
    items.sort_by(|left, right| left.0.cmp(&right.0));
    let size = call.organization.settings.page_size;
    Ok(page(call, items, size, false))
}

fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.project_id()?;
    operations::look_at_project(call, id);
    let project = call.project()?;
    Ok(Response::ok(full(call, project)))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.body()?;
    let name = text(&body, "name")
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ServiceError::missing("name"))?;
    if name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|', '#', '$', '}', '{', ',', '+', '=', '[', ']']) {
        return Err(ServiceError::new(
            400,
            "Microsoft.TeamFoundation.Core.WebApi",
            "InvalidProjectNameException",
            format!("TF200012: The following project name is not valid: {name}."),
        ));
    }
    if call.organization.projects.values().any(|project| same(&project.name, name)) {
        return Err(ServiceError::new(
            400,
            "Microsoft.TeamFoundation.Core.WebApi",
            "ProjectAlreadyExistsException",
            format!(
                "TF200019: The following project already exists on the Azure DevOps Server: {name}. You cannot create a new project with the same name as an existing project."
            ),
        ));
    }
    let id = call.organization.new_project(name, call.now);
    if let Some(project) = call.organization.projects.get_mut(&id) {
        project.description = text(&body, "description").unwrap_or_default().to_owned();
        project.visibility = text(&body, "visibility").unwrap_or("private").to_owned();
        if let Some(capabilities) = at(&body, &["capabilities"]) {
            crate::core::json::merge(&mut project.capabilities, capabilities);
        }
    }
    operations::start(call, Work::CreateProject(id))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = call.project_id()?;
    let body = call.body()?;
    let now = call.now;
    if let Some(project) = call.organization.projects.get_mut(&id) {
        if let Some(name) = text(&body, "name") {
            project.name = name.to_owned();
        }
        if let Some(description) = text(&body, "description") {
            project.description = description.to_owned();
        }
        if let Some(visibility) = text(&body, "visibility") {
            project.visibility = visibility.to_owned();
        }
        project.revision += 1;
        project.updated = now;
    }
    operations::start(call, Work::UpdateProject(id))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let id = call.project_id()?;
    if let Some(project) = call.organization.projects.get_mut(&id) {
        project.state = "deleting".to_owned();
    }
    operations::start(call, Work::DeleteProject(id))
}

fn properties(call: &mut Call<'_>) -> Outcome {
    let project = call.project()?;
    let value = |path: &[&str]| at(&project.capabilities, path).cloned().unwrap_or_default();
    Ok(Response::list(vec![
        json!({ "name": "System.CurrentProcessTemplateId", "value": value(&["processTemplate", "templateTypeId"]) }),
        json!({ "name": "System.SourceControlGitEnabled", "value": value(&["versioncontrol", "gitEnabled"]) }),
    ]))
}
