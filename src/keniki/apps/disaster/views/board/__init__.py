"""Pages of the board (圏域防災ボード)."""
