"""Map outputs kept by their ids, sent to other workers, and fetched from them."""
