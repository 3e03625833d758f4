"""Prototypes into `Fn::ForEach`."""

from infra.benchmarking_stack.loops import Loop, into_loops

LOOP = Loop(
    "Things",
    "Kind",
    {"Ref": "Kinds"},
    {"Box": "Box&{Kind}", "Lid": "Lid&{Kind}"},
    condition="HasKinds",
)
TEMPLATE = {
    "Resources": {
        "Other": {"Type": "O"},
        "Box": {"Type": "B", "Properties": {"Name": {"Ref": "Kind"}}},
        "Lid": {
            "Type": "L",
            "Properties": {
                "On": [{"Ref": "Box"}, {"Fn::GetAtt": ["Box", "Arn"]}],
                "Of": {"Ref": {"Fn::Sub": "${Kind}X"}},
                "By": {"Fn::GetAtt": ["Other", "Arn"]},
            },
        },
    }
}


def test_prototypes_move_into_one_loop():
    made = into_loops(TEMPLATE, [LOOP])["Resources"]
    assert set(made) == {"Other", "Fn::ForEach::Things"}
    variable, collection, bodies = made["Fn::ForEach::Things"]
    assert (variable, collection) == ("Kind", {"Ref": "Kinds"})
    assert set(bodies) == {"Box&{Kind}", "Lid&{Kind}"}


def test_an_empty_list_makes_nothing():
    bodies = into_loops(TEMPLATE, [LOOP])["Resources"]["Fn::ForEach::Things"][2]
    assert {body["Condition"] for body in bodies.values()} == {"HasKinds"}


def test_references_go_to_the_copy_of_the_same_turn():
    bodies = into_loops(TEMPLATE, [LOOP])["Resources"]["Fn::ForEach::Things"][2]
    assert bodies["Lid&{Kind}"]["Properties"] == {
        "On": [
            {"Ref": {"Fn::Sub": "Box&{Kind}"}},
            {"Fn::GetAtt": [{"Fn::Sub": "Box&{Kind}"}, "Arn"]},
        ],
        "Of": {"Ref": {"Fn::Sub": "${Kind}X"}},
        "By": {"Fn::GetAtt": ["Other", "Arn"]},
    }


def test_the_template_given_stays_as_it_was():
    into_loops(TEMPLATE, [LOOP])
    assert set(TEMPLATE["Resources"]) == {"Other", "Box", "Lid"}
