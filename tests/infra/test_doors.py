"""No set of parameters opens a door: each property of the deployment's security, on each snapshot."""

import re
from typing import Any

import msgspec
import pytest

from tests.infra.compiler import PARAMETERS
from tests.infra.deployment import Deployment, deployment, leaves
from tests.rules.repository import ROOT

COSMOS = "Microsoft.DocumentDB/databaseAccounts"
EVENT_HUBS = "Microsoft.EventHub/namespaces"
STORAGE = "Microsoft.Storage/storageAccounts"
SITE = "Microsoft.Web/sites"
SQL = "Microsoft.Sql/servers"
VAULT = "Microsoft.KeyVault/vaults"
GATEWAY = "Microsoft.ApiManagement/service"

CONNECTION_TO_TELEMETRY = re.compile(
    r"\[reference\('[^']*/components/[^']*'[^)]*\)\.ConnectionString\]"
)
"""It says where telemetry goes; with local authentication off it opens nothing."""


@pytest.fixture(params=PARAMETERS)
def made(request: pytest.FixtureRequest) -> Deployment:
    return deployment(request.param)


def test_no_service_takes_keys(made: Deployment) -> None:
    assert made.one(COSMOS).properties["disableLocalAuth"] is True
    assert made.one(COSMOS).properties["disableKeyBasedMetadataWriteAccess"] is True
    assert made.one(EVENT_HUBS).properties["disableLocalAuth"] is True
    assert made.one("Microsoft.Insights/components").properties["DisableLocalAuth"] is True
    workspace = made.one("Microsoft.OperationalInsights/workspaces")
    assert workspace.properties["features"]["disableLocalAuth"] is True
    for account in made.all(STORAGE):
        assert account.properties["allowSharedKeyAccess"] is False
        assert account.properties["defaultToOAuthAuthentication"] is True


def test_the_database_knows_entra_identities_only(made: Deployment) -> None:
    administrators = made.one(SQL).properties["administrators"]
    assert administrators["azureADOnlyAuthentication"] is True
    assert "administratorLogin" not in made.one(SQL).properties
    assert "administratorLoginPassword" not in made.one(SQL).properties


def test_the_application_is_deployed_without_a_password(made: Deployment) -> None:
    policies = made.all(f"{SITE}/basicPublishingCredentialsPolicies")
    assert {policy.name.rpartition("/")[2] for policy in policies} == {"ftp", "scm"}
    assert all(policy.properties["allow"] is False for policy in policies)
    assert made.one(SITE).properties["siteConfig"]["ftpsState"] == "Disabled"
    storage = made.one(SITE).properties["functionAppConfig"]["deployment"]["storage"]
    assert storage["authentication"]["type"] == "UserAssignedIdentity"


def test_every_connection_is_encrypted_with_tls_1_2_or_newer(made: Deployment) -> None:
    assert made.one(COSMOS).properties["minimalTlsVersion"] == "Tls12"
    assert made.one(EVENT_HUBS).properties["minimumTlsVersion"] == "1.2"
    assert made.one(SQL).properties["minimalTlsVersion"] == "1.2"
    site = made.one(SITE).properties
    assert site["httpsOnly"] is True
    assert site["siteConfig"]["minTlsVersion"] == site["siteConfig"]["scmMinTlsVersion"] == "1.2"
    for account in made.all(STORAGE):
        assert account.properties["minimumTlsVersion"] == "TLS1_2"
        assert account.properties["supportsHttpsTrafficOnly"] is True
    for api in made.all(f"{GATEWAY}/apis"):
        assert api.properties["protocols"] == ["https"]
    protocols = made.one(GATEWAY).properties.get("customProperties", {})
    assert all(on == "False" for on in protocols.values())


def test_no_blob_is_public(made: Deployment) -> None:
    assert len(made.all(STORAGE)) == 2
    for account in made.all(STORAGE):
        assert account.properties["allowBlobPublicAccess"] is False
        assert account.properties["allowCrossTenantReplication"] is False
    for container in made.all(f"{STORAGE}/blobServices/containers"):
        assert container.properties.get("publicAccess", "None") == "None"


def test_the_vault_asks_roles_and_forgets_nothing(made: Deployment) -> None:
    vault = made.one(VAULT).properties
    assert vault["enableRbacAuthorization"] is True
    assert vault["enableSoftDelete"] is True
    assert vault["enablePurgeProtection"] is True
    assert "accessPolicies" not in vault
    assert not any(vault[name] for name in vault if name.startswith("enabledFor"))
    assert made.all(f"{VAULT}/secrets") == []


def test_every_request_needs_a_token_at_the_gateway_and_again_at_the_application(
    made: Deployment,
) -> None:
    policy = made.one(f"{GATEWAY}/apis/policies").properties["value"]
    assert "<validate-azure-ad-token" in policy
    assert policy.index("<validate-azure-ad-token") < policy.index("<set-backend-service")
    assert '<set-header name="Authorization"' not in policy
    assert "authentication-managed-identity" not in policy
    application = made.one(f"{SITE}/config", "authsettingsV2").properties
    assert application["platform"]["enabled"] is True
    assert application["globalValidation"] == {
        "requireAuthentication": True,
        "unauthenticatedClientAction": "Return401",
        "excludedPaths": ["/api/health"],
    }
    entra = application["identityProviders"]["azureActiveDirectory"]
    assert entra["enabled"] is True
    assert "clientSecretSettingName" not in entra["registration"]
    settings = made.one(f"{SITE}/config", "appsettings").properties
    assert settings["HTTP_AUTH"] == "platform"


def test_nobody_can_say_at_the_gateway_who_calls(made: Deployment) -> None:
    policy = made.one(f"{GATEWAY}/apis/policies").properties["value"]
    for header in ("X-MS-CLIENT-PRINCIPAL", "X-MS-CLIENT-PRINCIPAL-ID"):
        assert f'<set-header name="{header}" exists-action="delete" />' in policy


def test_the_gateway_says_itself_from_where_a_caller_calls(made: Deployment) -> None:
    policy = made.one(f"{GATEWAY}/apis/policies").properties["value"]
    said = policy.partition('<set-header name="X-Forwarded-For" exists-action="override">')[2]
    assert said.split("</set-header>")[0].strip() == "<value>@(context.Request.IpAddress)</value>"


def test_the_gateway_limits_the_rate_and_asks_no_key(made: Deployment) -> None:
    policy = made.one(f"{GATEWAY}/apis/policies").properties["value"]
    consumption = made.one(GATEWAY).sku["name"] == "Consumption"
    assert ("<rate-limit " in policy) is consumption
    assert ("<rate-limit-by-key " in policy) is not consumption
    for opened in (made.one(f"{GATEWAY}/products"), made.one(f"{GATEWAY}/apis")):
        assert opened.properties["subscriptionRequired"] is False
    assert made.all(f"{GATEWAY}/subscriptions") == []


def secrets(document: Any) -> list[str]:
    """Where a document holds what may be a secret, or asks a service for one."""
    suspicious = re.compile(
        r"listkeys|listconnectionstrings|listsecrets|sharedaccesskey|accountkey=|password=|"
        r"sig=|\.primarykey|\.secondarykey|instrumentationkey=|connectionstring",
        re.IGNORECASE,
    )
    return [
        path
        for path, value in leaves(document)
        if suspicious.search(f"{value}") and not CONNECTION_TO_TELEMETRY.fullmatch(f"{value}")
    ]


def test_no_key_connection_string_or_secret_is_in_a_template_an_output_or_a_setting(
    made: Deployment,
) -> None:
    for resource in made.snapshot.predicted_resources:
        assert secrets(resource.properties) == [], resource.id
    assert secrets(made.snapshot.outputs) == []
    assert secrets({"x": "[listKeys('a').primaryKey]"}) == ["/x"]
    settings = made.one(f"{SITE}/config", "appsettings").properties
    assert not {"AzureWebJobsStorage", "CosmosDB", "EventHub"} & set(settings)
    for value in made.all(f"{GATEWAY}/namedValues"):
        assert value.properties.get("secret", False) is False


def test_telemetry_is_sent_as_an_identity(made: Deployment) -> None:
    settings = made.one(f"{SITE}/config", "appsettings").properties
    assert "Authorization=AAD" in settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
    logger = made.one(f"{GATEWAY}/loggers").properties["credentials"]
    assert logger["identityClientId"] == "SystemAssigned"
    assert CONNECTION_TO_TELEMETRY.fullmatch(logger["connectionString"])


def test_stream_analytics_reads_and_writes_as_its_identity_with_its_own_group(
    made: Deployment,
) -> None:
    jobs = "Microsoft.StreamAnalytics/streamingjobs"
    assert made.one(jobs).identity["type"] == "SystemAssigned"
    streams = [*made.all(f"{jobs}/inputs"), *made.all(f"{jobs}/outputs")]
    assert len(streams) == 3
    for stream in streams:
        properties = stream.properties["datasource"]["properties"]
        assert properties["authenticationMode"] == "Msi"
    (source,) = made.all(f"{jobs}/inputs")
    assert source.properties["datasource"]["properties"]["consumerGroupName"] == "stream_analytics"


def test_the_event_store_can_be_restored_and_its_reads_are_bounded(made: Deployment) -> None:
    account = made.one(COSMOS).properties
    assert account["backupPolicy"]["type"] == "Continuous"
    assert account["consistencyPolicy"]["defaultConsistencyLevel"] == "BoundedStaleness"


def test_a_private_network_leaves_only_the_gateway_open() -> None:
    made = deployment("private")
    for type_ in (COSMOS, EVENT_HUBS, STORAGE, SITE, SQL, VAULT):
        for resource in made.all(type_):
            assert resource.properties["publicNetworkAccess"] == "Disabled", resource.id
    assert made.all(f"{SQL}/firewallRules") == []
    connections = [
        endpoint.properties["privateLinkServiceConnections"][0]["properties"]
        for endpoint in made.all("Microsoft.Network/privateEndpoints")
    ]
    reached = {(each["privateLinkServiceId"].lower(), *each["groupIds"]) for each in connections}
    for type_ in (COSMOS, EVENT_HUBS, STORAGE, SITE, SQL, VAULT):
        for resource in made.all(type_):
            assert resource.id.lower() in {id_ for id_, _ in reached}
    assert len(reached) == 9
    assert made.one(SITE).properties["virtualNetworkSubnetId"].endswith("/subnets/app")
    gateway = made.one(GATEWAY).properties
    assert gateway["virtualNetworkType"] == "External"
    assert gateway["virtualNetworkConfiguration"]["subnetResourceId"].endswith("/subnets/gateway")


def test_every_part_of_the_archive_is_kept(made: Deployment) -> None:
    blobs = made.one(f"{STORAGE}/blobServices", "starch").properties
    assert blobs["isVersioningEnabled"] is True
    assert blobs["deleteRetentionPolicy"]["enabled"] is True
    policies = made.all(f"{STORAGE}/blobServices/containers/immutabilityPolicies")
    assert all(p.properties["immutabilityPeriodSinceCreationInDays"] >= 365 for p in policies)
    wanted = msgspec.json.decode((ROOT / "infra/resources.json").read_bytes())["blobContainers"]
    names = {policy.name.split("/")[-2] for policy in policies}
    assert names == {container["name"] for container in wanted if container["immutable"]}
    there = {c.name.rpartition("/")[2] for c in made.all(f"{STORAGE}/blobServices/containers")}
    assert there >= {container["name"] for container in wanted}
