"""A clinic to try the product with.

Every word of the questions is in the dictionary of the recogniser that needs no download
(a test looks them up), so the demo works before any model is brought.
"""

from dataclasses import dataclass

from django.db import transaction

from agents.models import Agent, PhoneNumber, Question, Voice

NUMBER = "1000"
HUMAN = "1001"  # without a trunk every person is the softphone
AGENT = "Demo clinic"
VOICE = "Demo voice"
GREETING = "Hello, this is the automated assistant of the River Street Clinic. How can I help you?"
FALLBACK = (
    "I'm sorry, I don't know that. You can ask about our opening hours, "
    "the address, parking, or an appointment."
)
EMERGENCY = "If this is an emergency, please hang up and call your local emergency number now."


@dataclass(frozen=True, slots=True)
class Asked:
    wordings: tuple[str, ...]
    answer: str
    digit: str = ""
    after: str = Question.After.LISTEN


QUESTIONS = (
    Asked(
        (
            "when are you open",
            "what are your opening hours",
            "what time do you open",
            "what time do you close",
            "are you open on saturday",
            "are you open today",
            "hours today",  # what the self-call asks, in a human voice
            "opening hours",
        ),
        "We are open from Monday to Friday, eight in the morning until six in the evening. "
        "On Saturday and Sunday we are closed.",
        "1",
    ),
    Asked(
        (
            "where are you",
            "what is your address",
            "how do I find you",
            "how do I get to the clinic",
            "what street are you on",
            "address",
        ),
        "The clinic is at twelve River Street, next to the library.",
        "2",
    ),
    Asked(
        (
            "where can I park",
            "do you have parking",
            "is there a parking lot",
            "can I park my car",
            "is parking free",
            "parking",
        ),
        "There is free parking behind the building. The entrance is on Mill Lane.",
        "3",
    ),
    Asked(
        (
            "I would like to make an appointment",
            "I need an appointment",
            "I want to see a doctor",
            "can I book an appointment",
            "I have to cancel my appointment",
            "I want to change my appointment",
            "can I speak to a person",
            "let me talk to someone",
            "appointment",
        ),
        "I will put you through to my colleague at the front desk.",
        "0",
        Question.After.HAND_OVER,
    ),
    Asked(
        (
            "I need a new prescription",
            "can I get my prescription",
            "how do I order a prescription",
            "my medicine has run out",
            "prescription",
        ),
        "Prescriptions ordered before noon are ready the next working day. "
        "Please bring your insurance card.",
        "4",
    ),
    Asked(
        (
            "do you take my insurance",
            "which insurance do you accept",
            "do I have to pay",
            "what does it cost",
            "insurance",
        ),
        "We accept all public and most private insurance. If you are not insured, "
        "we tell you the price before the visit.",
        "5",
    ),
    Asked(
        (
            "this is an emergency",
            "it is an emergency",
            "I need help right now",
            "I have pain in my chest",
            "I can not breathe",
            "emergency",
        ),
        EMERGENCY,
        "9",
    ),
    Asked(
        (
            "goodbye",
            "bye",
            "that is all",
            "thank you goodbye",
            "no thank you",
            "that was all thank you",
        ),
        "Thank you for calling. Goodbye.",
        "",
        Question.After.HANG_UP,
    ),
)


@transaction.atomic
def load() -> bool:
    """Makes the demo clinic; whether anything was missing. What people changed is left alone."""
    voice, _ = Voice.objects.get_or_create(name=VOICE, defaults={"engine": "espeak"})
    agent, is_new = Agent.objects.get_or_create(
        name=AGENT,
        defaults={
            "voice": voice,
            "greeting": GREETING,
            "fallback_sentence": FALLBACK,
            "notices": EMERGENCY,
        },
    )
    if is_new:
        Question.objects.bulk_create(
            Question(
                agent=agent,
                wordings="\n".join(asked.wordings),
                answer=asked.answer,
                digit=asked.digit,
                after=asked.after,
                position=position,
            )
            for position, asked in enumerate(QUESTIONS, start=1)
        )
    _, number_is_new = PhoneNumber.objects.get_or_create(
        number=NUMBER, defaults={"agent": agent, "human": HUMAN}
    )
    return is_new or number_is_new
