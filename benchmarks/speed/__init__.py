"""What calls cost, beside other clients."""
