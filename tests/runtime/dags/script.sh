echo from file {{ ds }}
