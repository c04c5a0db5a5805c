"""operationId of sandbox.yaml -> the function that answers it: `(sandbox, ask) -> Answer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.envelope import Answer, Stream
from mockserver.sandbox.handlers import accounts, clock, faults, happenings, log, server, webhooks, worlds
from mockserver.sandbox.parts import Ask, Sandbox

Handler = Callable[[Sandbox, Ask], Answer | Stream]

HANDLERS: Mapping[str, Handler] = {
    "getServer": server.get_server,
    "getServerClock": clock.get_server_clock,
    "setServerClock": clock.set_server_clock,
    "advanceServerClock": clock.advance_server_clock,
    "listWorlds": worlds.list_worlds,
    "createWorld": worlds.create_world,
    "importWorld": worlds.import_world,
    "getWorld": worlds.get_world,
    "updateWorld": worlds.update_world,
    "deleteWorld": worlds.delete_world,
    "resetWorld": worlds.reset_world,
    "forkWorld": worlds.fork_world,
    "exportWorld": worlds.export_world,
    "listSnapshots": worlds.list_snapshots,
    "createSnapshot": worlds.create_snapshot,
    "deleteSnapshot": worlds.delete_snapshot,
    "restoreSnapshot": worlds.restore_snapshot,
    "listKeys": accounts.list_keys,
    "createKey": accounts.create_key,
    "revokeKey": accounts.revoke_key,
    "listUsers": accounts.list_users,
    "createUser": accounts.create_user,
    "updateUser": accounts.update_user,
    "deleteUser": accounts.delete_user,
    "issueToken": accounts.issue_token,
    "listEndpoints": webhooks.list_endpoints,
    "createEndpoint": webhooks.create_endpoint,
    "updateEndpoint": webhooks.update_endpoint,
    "deleteEndpoint": webhooks.delete_endpoint,
    "rotateSecret": webhooks.rotate_secret,
    "sendTestEvent": webhooks.send_test_event,
    "listDeliveries": webhooks.list_deliveries,
    "getDelivery": webhooks.get_delivery,
    "redeliver": webhooks.redeliver,
    "triggerEvent": happenings.trigger_event,
    "createOrder": happenings.create_order,
    "moveOrder": happenings.move_order,
    "getClock": clock.get_clock,
    "setClock": clock.set_clock,
    "advanceClock": clock.advance_clock,
    "listServerFaults": faults.list_faults,
    "createServerFault": faults.create_fault,
    "deleteServerFaults": faults.delete_faults,
    "deleteServerFault": faults.delete_fault,
    "listFaults": faults.list_faults,
    "createFault": faults.create_fault,
    "deleteFaults": faults.delete_faults,
    "deleteFault": faults.delete_fault,
    "listRequests": log.list_requests,
    "deleteRequests": log.delete_requests,
    "getRequest": log.get_request,
    "streamRequests": log.stream_requests,
    "getCoverage": log.get_coverage,
    "deleteCoverage": log.delete_coverage,
}
