"""The parts of ``agent.connect``: what is connected, where it is staged, how a draft is checked."""
