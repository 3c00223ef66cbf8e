# The rules that tflint has built in. Those for AWS are a plugin, which is downloaded
# from GitHub at run time and pinned nowhere but there; checkov looks at AWS instead.
config {
  call_module_type = "local"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}
