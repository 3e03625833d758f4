"""CloudFormation in the sandbox: moto's own, with what our template needs besides.

loops, templates   what moto does not read: `Fn::ForEach`, `Fn::Cidr`, checked parameters
batch              AWS::Batch::* in our own Batch
resources, stack   updates of what really changed, rollback, deletion
gaps               what moto leaves out without a word
install            what of moto's is replaced
mirror             stacks in plain files, made again at the next start
"""
