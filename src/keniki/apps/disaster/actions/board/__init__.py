"""What people write on the board: events with what their page showed, settling what was refused."""
