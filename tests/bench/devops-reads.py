"""Two hundred reads by the official client, one after the other as it has no other way; prints seconds."""
import sys
import time

from azure.devops.connection import Connection
from msrest.authentication import BasicAuthentication

groups = Connection(base_url=sys.argv[1], creds=BasicAuthentication("", "t")).clients.get_task_agent_client()
groups.get_variable_groups("p")
start = time.monotonic()
for number in range(200):
    groups.get_variable_group("p", number)
print(time.monotonic() - start)
