package upstream

import "testing"

func TestUnlockTakesTheMarkWhereAListedTestStands(t *testing.T) {
	const source = `start_server {tags {"a external:skip"}} {
    test {listed} {
    }
    test {alone} {
    } {} {external:skip}
}
start_server {tags {"b external:skip"} overrides {dir x}} {
    test {other} {
    }
}
start_server {tags {"c external:skip"}} {
    foreach way {up down} {
        test "goes $way [lindex $x 0] now" {
        }
    }
}
tags {external:skip} {
    start_server {} {
        test {elsewhere} {
        }
    }
}
tags {"external:skip more"} {

proc helper {} {
}
start_server {} {
    test {deep} {
    }
}
} ;# tags
`
	const want = `start_server {tags {"a "}} {
    test {listed} {
    }
    test {alone} {
    } {} {external:skip}
}
start_server {tags {"b external:skip"} overrides {dir x}} {
    test {other} {
    }
}
start_server {tags {"c "}} {
    foreach way {up down} {
        test "goes $way [lindex $x 0] now" {
        }
    }
}
tags {external:skip} {
    start_server {} {
        test {elsewhere} {
        }
    }
}
tags {" more"} {

proc helper {} {
}
start_server {} {
    test {deep} {
    }
}
} ;# tags
`
	if got := unlock(source, []string{"listed", "goes up 7 now", "deep"}); got != want {
		t.Errorf("unlocked:\n%s", got)
	}
	if got := unlock(source, nil); got != source {
		t.Errorf("with nothing listed, unlocked:\n%s", got)
	}
}
