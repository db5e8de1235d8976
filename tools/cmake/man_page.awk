# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The man page of one command, made of its section of ringtap.8: awk -v command=record -v title="Recording for days"
# -v about="record packets …" -f man_page.awk ringtap.8
BEGIN {
	print ".\\\" made from ringtap.8"
}
/^\.Dd / { date = $0 }
/^\.S[hs] / {
	inside = 0
	if ($0 == ".Ss " title) {
		inside = found = 1
		print date
		print ".Dt RINGTAP-" toupper(command) " 8\n.Os\n.Sh NAME\n.Nm ringtap-" command "\n.Nd " about
		print ".Sh SYNOPSIS\n.Nm ringtap\n.Cm " command "\n.Op Ar argument ...\n.Sh DESCRIPTION"
		next
	}
}
# The program, not this page.
inside {
	gsub(/are as above/, "are as in ringtap(8)")
	if ($0 == ".Nm") $0 = ".Nm ringtap"
	print
}
END {
	if (!found) exit 1
	print ".Sh SEE ALSO\n.Xr ringtap 8"
}
