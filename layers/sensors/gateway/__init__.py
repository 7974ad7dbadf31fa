"""The gateway: HJ 212 over TCP in one asyncio process, answering only what is committed."""
