using System.Globalization;
using Alignment.Tokenization.Templates.Operations;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>Dates as strftime writes them; expected texts by Python on glibc, in the C locale.</summary>
public class DateTextTests
{
    [TestCase("2026-03-05T09:07:03", "%Y %C %y %m %d %e %j", "2026 20 26 03 05  5 064")]
    [TestCase("2026-03-05T09:07:03", "%H %k %I %l %M %S %f %p %P", "09  9 09  9 07 03 000000 AM am")]
    [TestCase("2026-03-05T09:07:03", "%B %b %h %A %a", "March Mar Mar Thursday Thu")]
    [TestCase("2026-03-05T09:07:03", "%w %u %U %W %V %G %g", "4 4 09 09 10 2026 26")]
    [TestCase("2026-03-05T09:07:03", "%s|%D|%x|%F|%T|%X|%R|%r|%c", "1772701623|03/05/26|03/05/26|2026-03-05|09:07:03|09:07:03|09:07|09:07:03 AM|Thu Mar  5 09:07:03 2026")]
    [TestCase("2026-03-05T09:07:03", "%n%t%%|%z%Z|", "\n\t%||")]
    [TestCase("2026-03-05T09:07:03", "%-d %_d %0d %-m %-H %-I %_H %-M %-S %-j %_j %-e %^a %^B %^p %-y", "5  5 05 3 9 9  9 7 3 64  64 5 THU MARCH AM 26")]
    [TestCase("2026-03-05T09:07:03", "%Q %J", "%Q %J")]
    [TestCase("2026-03-05T09:07:03", "%-", "%-")]
    [TestCase("2026-03-05T09:07:03", "100%% %", "100% %")]
    [TestCase("2024-12-30T00:05:09", "%Y %C %y %m %d %e %j", "2024 20 24 12 30 30 365")]
    [TestCase("2024-12-30T00:05:09", "%H %k %I %l %M %S %f %p %P", "00  0 12 12 05 09 000000 AM am")]
    [TestCase("2024-12-30T00:05:09", "%B %b %h %A %a", "December Dec Dec Monday Mon")]
    [TestCase("2024-12-30T00:05:09", "%w %u %U %W %V %G %g", "1 1 52 53 01 2025 25")]
    [TestCase("2024-12-30T00:05:09", "%s|%D|%x|%F|%T|%X|%R|%r|%c", "1735517109|12/30/24|12/30/24|2024-12-30|00:05:09|00:05:09|00:05|12:05:09 AM|Mon Dec 30 00:05:09 2024")]
    [TestCase("2024-12-30T00:05:09", "%n%t%%|%z%Z|", "\n\t%||")]
    [TestCase("2024-12-30T00:05:09", "%-d %_d %0d %-m %-H %-I %_H %-M %-S %-j %_j %-e %^a %^B %^p %-y", "30 30 30 12 0 12  0 5 9 365 365 30 MON DECEMBER AM 24")]
    [TestCase("2021-01-03T12:00:00", "%Y %C %y %m %d %e %j", "2021 20 21 01 03  3 003")]
    [TestCase("2021-01-03T12:00:00", "%H %k %I %l %M %S %f %p %P", "12 12 12 12 00 00 000000 PM pm")]
    [TestCase("2021-01-03T12:00:00", "%B %b %h %A %a", "January Jan Jan Sunday Sun")]
    [TestCase("2021-01-03T12:00:00", "%w %u %U %W %V %G %g", "0 7 01 00 53 2020 20")]
    [TestCase("2021-01-03T12:00:00", "%s|%D|%x|%F|%T|%X|%R|%r|%c", "1609675200|01/03/21|01/03/21|2021-01-03|12:00:00|12:00:00|12:00|12:00:00 PM|Sun Jan  3 12:00:00 2021")]
    [TestCase("2021-01-03T12:00:00", "%n%t%%|%z%Z|", "\n\t%||")]
    [TestCase("2021-01-03T12:00:00", "%-d %_d %0d %-m %-H %-I %_H %-M %-S %-j %_j %-e %^a %^B %^p %-y", "3  3 03 1 12 12 12 0 0 3   3 3 SUN JANUARY PM 21")]
    [TestCase("2005-10-15T13:45:59.123456", "%Y %C %y %m %d %e %j", "2005 20 05 10 15 15 288")]
    [TestCase("2005-10-15T13:45:59.123456", "%H %k %I %l %M %S %f %p %P", "13 13 01  1 45 59 123456 PM pm")]
    [TestCase("2005-10-15T13:45:59.123456", "%B %b %h %A %a", "October Oct Oct Saturday Sat")]
    [TestCase("2005-10-15T13:45:59.123456", "%w %u %U %W %V %G %g", "6 6 41 41 41 2005 05")]
    [TestCase("2005-10-15T13:45:59.123456", "%s|%D|%x|%F|%T|%X|%R|%r|%c", "1129383959|10/15/05|10/15/05|2005-10-15|13:45:59|13:45:59|13:45|01:45:59 PM|Sat Oct 15 13:45:59 2005")]
    [TestCase("2005-10-15T13:45:59.123456", "%n%t%%|%z%Z|", "\n\t%||")]
    [TestCase("2005-10-15T13:45:59.123456", "%-d %_d %0d %-m %-H %-I %_H %-M %-S %-j %_j %-e %^a %^B %^p %-y", "15 15 15 10 13 1 13 45 59 288 288 15 SAT OCTOBER PM 5")]
    [TestCase("2023-01-01T23:59:59", "%Y %C %y %m %d %e %j", "2023 20 23 01 01  1 001")]
    [TestCase("2023-01-01T23:59:59", "%H %k %I %l %M %S %f %p %P", "23 23 11 11 59 59 000000 PM pm")]
    [TestCase("2023-01-01T23:59:59", "%B %b %h %A %a", "January Jan Jan Sunday Sun")]
    [TestCase("2023-01-01T23:59:59", "%w %u %U %W %V %G %g", "0 7 01 00 52 2022 22")]
    [TestCase("2023-01-01T23:59:59", "%s|%D|%x|%F|%T|%X|%R|%r|%c", "1672617599|01/01/23|01/01/23|2023-01-01|23:59:59|23:59:59|23:59|11:59:59 PM|Sun Jan  1 23:59:59 2023")]
    [TestCase("2023-01-01T23:59:59", "%n%t%%|%z%Z|", "\n\t%||")]
    [TestCase("2023-01-01T23:59:59", "%-d %_d %0d %-m %-H %-I %_H %-M %-S %-j %_j %-e %^a %^B %^p %-y", "1  1 01 1 23 11 23 59 59 1   1 1 SUN JANUARY PM 23")]
    [TestCase("2020-12-31T11:30:30", "%Y %C %y %m %d %e %j", "2020 20 20 12 31 31 366")]
    [TestCase("2020-12-31T11:30:30", "%H %k %I %l %M %S %f %p %P", "11 11 11 11 30 30 000000 AM am")]
    [TestCase("2020-12-31T11:30:30", "%B %b %h %A %a", "December Dec Dec Thursday Thu")]
    [TestCase("2020-12-31T11:30:30", "%w %u %U %W %V %G %g", "4 4 52 52 53 2020 20")]
    [TestCase("2020-12-31T11:30:30", "%s|%D|%x|%F|%T|%X|%R|%r|%c", "1609414230|12/31/20|12/31/20|2020-12-31|11:30:30|11:30:30|11:30|11:30:30 AM|Thu Dec 31 11:30:30 2020")]
    [TestCase("2020-12-31T11:30:30", "%n%t%%|%z%Z|", "\n\t%||")]
    [TestCase("2020-12-31T11:30:30", "%-d %_d %0d %-m %-H %-I %_H %-M %-S %-j %_j %-e %^a %^B %^p %-y", "31 31 31 12 11 11 11 30 30 366 366 31 THU DECEMBER AM 20")]
    public void A_time_is_written_as_the_format_says(string time, string format, string expected) =>
        Assert.That(DateText.Of(DateTime.Parse(time, CultureInfo.InvariantCulture), format), Is.EqualTo(expected));
}
