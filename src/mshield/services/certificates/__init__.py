"""The certificate of a device: applied for, issued, shown, bound, renewed, expired."""
