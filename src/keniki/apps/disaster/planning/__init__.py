"""Evacuation plans (広域避難の割当計画): what goes in, the reckoning, what came out as tables, maps and charts."""
