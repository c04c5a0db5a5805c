"""nexus-mock's commands: what they are called, how they are grouped, and where they are. Thin over the control API, but for
those on the state file. A command's module is imported when the command is asked for."""

from __future__ import annotations

SECTIONS: dict[str, dict[str, str]] = {
    "Starting (without a command, the mock starts)": {
        "open": "mockserver.commands.browser:open_dashboard",
        "completion": "mockserver.commands.completion:completion",
    },
    "Worlds": {
        "world": "mockserver.commands.worlds:world",
        "reset": "mockserver.commands.worlds:reset",
        "snapshot": "mockserver.commands.snapshots:snapshot",
        "restore": "mockserver.commands.snapshots:restore",
    },
    "Keys and users": {
        "key": "mockserver.commands.keys:key",
        "user": "mockserver.commands.users:user",
        "token": "mockserver.commands.tokens:token",
    },
    "Time and faults": {
        "clock": "mockserver.commands.clocks:clock",
        "fault": "mockserver.commands.faults:fault",
    },
    "What happens": {
        "trigger": "mockserver.commands.happenings:trigger",
        "order": "mockserver.order_command:order",
    },
    "Watching": {
        "logs": "mockserver.commands.logs:logs",
        "coverage": "mockserver.commands.coverage:coverage",
        "listen": "mockserver.commands.listen:listen",
        "deliveries": "mockserver.commands.deliveries:deliveries",
        "redeliver": "mockserver.commands.deliveries:redeliver",
        "webhook": "mockserver.webhooks.commands:webhook",
    },
}
COMMANDS = {name: place for section in SECTIONS.values() for name, place in section.items()}
