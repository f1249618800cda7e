--- The version of this passo.
return "0.1.0"
